import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { InjectOptions } from 'fastify';
import { sampleCharge } from '../payments/kinds/charge-input.js';
import { PaymentProviders } from '../payments/providers/payment-provider-register.js';
import { openApiDocument } from './openapi-document.js';
import { EXAMPLE_OPERATION } from '../operations/contract/example-operation.js';

/**
 * Runs in the browser, so that "Try it out" works on any server. Replaces an example id in an address by the newest
 * operation, or starts one if there is none; replaces one in a body by a new charge with money left to move.
 */
const useRealOperations = (sample: object) => `async (request) => {
  const example = '${EXAMPLE_OPERATION}';
  // What "Authorize" has been given, which the page has put into the request.
  const { Authorization } = request.headers ?? {};
  const authorized = Authorization ? { Authorization } : {};
  const start = async (kind, input, headers = {}) => (await fetch('/api/operations', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...authorized, ...headers },
    body: JSON.stringify({ kind, input }),
  })).json();
  const newest = async (kind = '') => 
      (await (await fetch('/api/operations?limit=1' + kind, { headers: authorized })).json()).items?.[0];
  if (request.url.includes(example)) {
    const isOfAPayment = request.url.includes('/payments/');
    const operation = (await newest(isOfAPayment ? '&kind=payment.charge' : '')) ??
        (await start('demo.countdown', { seconds: 30 }));
    return { ...request, url: request.url.replace(example, operation.id) };
  }
  if (typeof request.body !== 'string' || !request.body.includes(example)) return request;
  const capture = request.body.includes('payment.refund');
  const charge = { ...${JSON.stringify(sample)}, capture };
  const { id } = await start('payment.charge', charge, { Prefer: 'wait=10' });
  return { ...request, body: request.body.replaceAll(example, id) };
}`;

/**
 * Swagger UI and the OpenAPI document as SwaggerModule serves them, from a separate server that does not listen: a
 * listening Fastify takes no more routes.
 */
export async function swaggerUi(app: INestApplication) {
  const { paymentMethods } = app.get(PaymentProviders, { strict: false }).chosen;
  const script = useRealOperations(sampleCharge(paymentMethods));
  const adapter = new FastifyAdapter();
  const apart = Object.create(app, { getHttpAdapter: { value: () => adapter } }) as INestApplication;
  SwaggerModule.setup('docs', apart, await openApiDocument(app), {
    customSiteTitle: 'Outcome',
    swaggerOptions: {
      tryItOutEnabled: true,
      displayRequestDuration: true,
      // Nest writes the function's toString into the page.
      requestInterceptor: Object.assign(() => undefined, { toString: () => script }),
    },
  });
  return (request: InjectOptions) => adapter.inject(request);
}
