import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { ApiJsonBody, BODY_PROBLEMS } from '../../http/json-body.documentation.js';
import type { ProblemCode } from '../../problems/catalogue.js';
import { ApiProblems } from '../../problems/problem.documentation.js';
import { apiKeyList, apiKeyView, shownApiKey } from './api-key.contract.js';
import type { KeysController } from './keys.controller.js';

const REFUSED = ['credentials_missing', 'credentials_invalid', 'scope_missing'] as const satisfies ProblemCode[];

const CHANGE = ['origin_not_allowed', ...REFUSED] as const satisfies ProblemCode[];

const OF_ONE = ['invalid_parameter', 'api_key_not_found'] as const satisfies ProblemCode[];

const create = applyDecorators(
  ApiOperation({
    operationId: 'createApiKey',
    summary: 'Create an API key',
    description: 'Of the tenant of the credentials, which an API key cannot be: a key never makes keys.',
  }),
  ApiJsonBody('NewApiKey', {
    shop: {
      summary: 'For a shop’s backend',
      value: { scopes: ['operations:start', 'operations:read'], owner: 'shop@example.com', mode: 'live' },
    },
    oneKind: {
      summary: 'For one kind, for a month',
      value: { scopes: ['operations:start:demo.countdown'], owner: 'shop@example.com', expiresIn: 2_592_000 },
    },
  }),
  ApiResponse({ status: 201, description: 'Created.', standardSchema: shownApiKey }),
  ApiProblems(...CHANGE, ...BODY_PROBLEMS),
);

const list = applyDecorators(
  ApiOperation({
    operationId: 'listApiKeys',
    summary: 'List API keys, newest first',
    description: 'Those that have ended too.',
  }),
  ApiResponse({ status: 200, description: 'A page.', standardSchema: apiKeyList }),
  ApiProblems('invalid_parameter', ...REFUSED),
);

const roll = applyDecorators(
  ApiOperation({
    operationId: 'rollApiKey',
    summary: 'Replace an API key by a new one like it',
    description: 'The former one works for `overlap` seconds more, a day if left out.',
  }),
  ApiJsonBody('ApiKeyRoll', {
    day: { summary: 'With a day to change over', value: {} },
    now: { summary: 'At once', value: { overlap: 0 } },
  }),
  ApiResponse({ status: 201, description: 'The new key.', standardSchema: shownApiKey }),
  ApiProblems(...CHANGE, ...OF_ONE, ...BODY_PROBLEMS, 'api_key_ended'),
);

const revoke = applyDecorators(
  ApiOperation({
    operationId: 'revokeApiKey',
    summary: 'Revoke an API key',
    description: 'With the tokens that it has made, within seconds in all processes. Repeating it changes nothing.',
  }),
  ApiResponse({ status: 200, description: 'Revoked.', standardSchema: apiKeyView }),
  ApiProblems(...CHANGE, ...OF_ONE),
);

export const keysDocumentation: Documentation<KeysController> = {
  controller: ApiTags('access'),
  calls: { create, list, roll, revoke },
};
