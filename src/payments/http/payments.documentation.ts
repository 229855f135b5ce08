import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { PAYMENT_PROVIDERS } from '../../config/environment.js';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { ApiProblems } from '../../problems/problem.documentation.js';
import { paymentView } from '../ledger/get-payment.query.js';
import { providerView } from './payments.contract.js';
import type { PaymentsController } from './payments.controller.js';
import type { WebhooksController } from './webhooks.controller.js';

const get = applyDecorators(
  ApiOperation({
    operationId: 'getPayment',
    summary: 'What has become of a charge’s money',
    description: 'Authorized, captured and refunded, as the provider reports it. It exists once the charge is sent.',
  }),
  ApiResponse({ status: 200, description: 'The payment.', standardSchema: paymentView }),
  ApiProblems('invalid_parameter', 'payment_not_found'),
);

const provider = applyDecorators(
  ApiOperation({
    operationId: 'getPaymentProvider',
    summary: 'Where new charges go',
    description: 'For a page that says whether real money moves, and offers what can be tried.',
  }),
  ApiResponse({ status: 200, description: 'The provider.', standardSchema: providerView }),
);

const receive = applyDecorators(
  ApiOperation({
    operationId: 'receiveWebhook',
    summary: 'For payment providers: news of a payment',
    description:
      'Signed by the provider over the bytes as they are. Stored once by the provider’s event id and answered ' +
      'at once; a worker then looks the operation up.',
  }),
  ApiParam({ name: 'name', description: 'The provider.', schema: { type: 'string', example: PAYMENT_PROVIDERS[0] } }),
  ApiBody({ schema: { type: 'object', description: 'As the provider sends it.' } }),
  ApiResponse({
    status: 200,
    description: 'Received, now or before.',
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['received'],
          properties: { received: { type: 'boolean', enum: [true] } },
        },
      },
    },
  }),
  ApiProblems('origin_not_allowed', 'webhook_refused', 'body_too_large', 'provider_not_found'),
);

export const payments: Documentation<PaymentsController> = {
  controller: ApiTags('payments'),
  calls: { provider, get },
};

export const webhooks: Documentation<WebhooksController> = {
  controller: ApiTags('payments'),
  calls: { receive },
};
