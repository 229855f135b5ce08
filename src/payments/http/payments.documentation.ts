import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { PAYMENT_PROVIDERS } from '../../config/environment.js';
import { operationId } from '../../operations/contract/operation.contract.js';
import { Refuses } from '../../problems/problem.documentation.js';
import { paymentView } from '../ledger/get-payment.query.js';

export const chargeOperationId = operationId.meta({ description: 'The id of the charge’s operation.' });

export const DescribeGetPayment = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'getPayment',
      summary: 'What has become of a charge’s money',
      description:
        'Authorized, captured and refunded, as the provider has told it. It is there from when the charge is sent.',
    }),
    ApiResponse({ status: 200, description: 'The payment.', standardSchema: paymentView }),
    Refuses('invalid_parameter', 'payment_not_found'),
  );

const providerView = z
  .object({
    name: z.enum(PAYMENT_PROVIDERS).meta({ description: 'Where new charges go.' }),
    live: z.boolean().meta({ description: 'Whether real money moves.' }),
    paymentMethods: z
      .array(
        z.object({ token: z.string(), summary: z.string().meta({ description: 'What becomes of a charge with it.' }) }),
      )
      .meta({ description: 'Some that can be tried, the first of which is charged.' }),
  })
  .meta({ id: 'PaymentProvider' });

export type ProviderView = z.output<typeof providerView>;

export const DescribeGetProvider = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'getPaymentProvider',
      summary: 'Where new charges go',
      description: 'For a page that says whether real money moves, and offers what can be tried.',
    }),
    ApiResponse({ status: 200, description: 'The provider.', standardSchema: providerView }),
  );

export const DescribeWebhook = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'receiveWebhook',
      summary: 'For payment providers: news of a payment',
      description:
        'Signed by the provider over the bytes as they are. Stored once by the provider’s event id and answered at once; a worker then looks the operation up.',
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
    Refuses('origin_not_allowed', 'webhook_refused', 'body_too_large', 'provider_not_found'),
  );
