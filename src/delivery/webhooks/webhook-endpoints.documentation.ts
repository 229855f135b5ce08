import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { ApiJsonBody, BODY_PROBLEMS } from '../../http/json-body.documentation.js';
import type { ProblemCode } from '../../problems/catalogue.js';
import { ApiProblems } from '../../problems/problem.documentation.js';
import {
  resent,
  webhookDelivery,
  webhookDeliveryList,
  webhookEndpoint,
  webhookEndpointList,
  webhookEndpointWithSecret,
} from './webhook.contract.js';
import type { WebhookEndpointsController } from './webhook-endpoints.controller.js';

const BODY = ['origin_not_allowed', ...BODY_PROBLEMS] as const satisfies ProblemCode[];

const OF_ONE = ['invalid_parameter', 'webhook_endpoint_not_found'] as const satisfies ProblemCode[];

const create = applyDecorators(
  ApiOperation({
    operationId: 'createWebhookEndpoint',
    summary: 'Create an endpoint',
    description:
      'Events that are stored from now on are sent there, each at least once, and those of an operation in order. ' +
      'The secret is shown in this answer alone.',
  }),
  ApiJsonBody('NewWebhookEndpoint', {
    all: { summary: 'All events', value: { url: 'https://shop.example/webhooks' } },
    endings: {
      summary: 'How charges end',
      value: {
        url: 'https://shop.example/charges',
        events: ['operation.succeeded', 'operation.failed', 'operation.canceled', 'operation.expired'],
        kinds: ['payment.charge'],
      },
    },
  }),
  ApiResponse({ status: 201, description: 'Created.', standardSchema: webhookEndpointWithSecret }),
  ApiProblems(...BODY, 'webhook_endpoint_exists', 'webhook_url_refused'),
);

const list = applyDecorators(
  ApiOperation({
    operationId: 'listWebhookEndpoints',
    summary: 'List endpoints, newest first',
    description: 'With attention=true, those that a person should look at.',
  }),
  ApiQuery({ name: 'attention', required: false, schema: { type: 'boolean' } }),
  ApiResponse({ status: 200, description: 'A page.', standardSchema: webhookEndpointList }),
  ApiProblems('invalid_parameter'),
);

const get = applyDecorators(
  ApiOperation({ operationId: 'getWebhookEndpoint', summary: 'An endpoint', description: 'Without its secret.' }),
  ApiResponse({ status: 200, description: 'The endpoint.', standardSchema: webhookEndpoint }),
  ApiProblems(...OF_ONE),
);

const change = applyDecorators(
  ApiOperation({
    operationId: 'changeWebhookEndpoint',
    summary: 'Change, disable or enable an endpoint',
    description:
      'What is left out stays. While an endpoint is disabled, its events are kept for 30 days, and sent when it is ' +
      'enabled.',
  }),
  ApiJsonBody('WebhookEndpointChange', {
    disable: { summary: 'Disable', value: { enabled: false } },
    enable: { summary: 'Enable', value: { enabled: true } },
    all: { summary: 'Send all events', value: { events: null, kinds: null } },
  }),
  ApiResponse({ status: 200, description: 'Changed.', standardSchema: webhookEndpoint }),
  ApiProblems(...OF_ONE, ...BODY, 'webhook_endpoint_exists', 'webhook_url_refused'),
);

const rotateSecret = applyDecorators(
  ApiOperation({
    operationId: 'rotateWebhookSecret',
    summary: 'Replace the secret',
    description: 'For 24 hours, the former secret signs too. The new one is shown in this answer alone.',
  }),
  ApiResponse({ status: 200, description: 'Replaced.', standardSchema: webhookEndpointWithSecret }),
  ApiProblems(...OF_ONE, 'origin_not_allowed'),
);

const remove = applyDecorators(
  ApiOperation({
    operationId: 'deleteWebhookEndpoint',
    summary: 'Delete an endpoint',
    description: 'With its deliveries. Nothing more is sent there but what is on its way.',
  }),
  ApiResponse({ status: 204, description: 'Deleted.' }),
  ApiProblems(...OF_ONE, 'origin_not_allowed'),
);

const test = applyDecorators(
  ApiOperation({
    operationId: 'testWebhookEndpoint',
    summary: 'Send a test event',
    description: 'Of the type webhook.test, signed and repeated as any other.',
  }),
  ApiResponse({ status: 202, description: 'It will be sent.', standardSchema: webhookDelivery }),
  ApiProblems(...OF_ONE, 'origin_not_allowed'),
);

const listDeliveries = applyDecorators(
  ApiOperation({
    operationId: 'listWebhookDeliveries',
    summary: 'List deliveries, newest first',
    description: 'Each with its request, and with the time and answer of its attempts. They are kept for 30 days.',
  }),
  ApiResponse({ status: 200, description: 'A page.', standardSchema: webhookDeliveryList }),
  ApiProblems(...OF_ONE),
);

const resendSince = applyDecorators(
  ApiOperation({
    operationId: 'resendWebhooks',
    summary: 'Send all again since a moment',
    description: 'In the order of their events, each under the webhook-id that it had.',
  }),
  ApiJsonBody('WebhookResend', {
    failed: { summary: 'What was given up', value: { since: '2026-01-01T00:00:00Z' } },
    all: { summary: 'All', value: { since: '2026-01-01T00:00:00Z', status: 'finished' } },
  }),
  ApiResponse({ status: 202, description: 'They will be sent.', standardSchema: resent }),
  ApiProblems(...OF_ONE, ...BODY),
);

const resend = applyDecorators(
  ApiOperation({
    operationId: 'resendWebhook',
    summary: 'Send one again',
    description: 'Under the webhook-id that it had. One that waits for its next attempt is sent now.',
  }),
  ApiResponse({ status: 202, description: 'It will be sent.', standardSchema: webhookDelivery }),
  ApiProblems(...OF_ONE, 'webhook_delivery_not_found', 'origin_not_allowed'),
);

export const webhookEndpoints: Documentation<WebhookEndpointsController> = {
  controller: ApiTags('webhook endpoints'),
  calls: { create, list, get, change, rotateSecret, delete: remove, test, listDeliveries, resendSince, resend },
};
