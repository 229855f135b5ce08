import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import { sampleCharge } from '../payments/kinds/charge-input.js';
import { PaymentProviders } from '../payments/providers/payment-provider-register.js';
import { openApiDocument } from './openapi-document.js';
import { EXAMPLE_OPERATION } from '../operations/contract/example-operation.js';

/**
 * Runs in the browser, so that "Try it out" works as it stands on any server. Replaces an example id in an address with
 * the newest operation, or starts one if there is none; replaces one in a body with a new charge that still has
 * something to move.
 */
const useRealOperations = (sample: object) => `async (request) => {
  const example = '${EXAMPLE_OPERATION}';
  const start = async (kind, input, headers = {}) => (await fetch('/api/operations', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ kind, input }),
  })).json();
  const newest = async (kind = '') => (await (await fetch('/api/operations?limit=1' + kind)).json()).items[0];
  if (request.url.includes(example)) {
    const isOfAPayment = request.url.includes('/payments/');
    const operation = (await newest(isOfAPayment ? '&kind=payment.charge' : '')) ?? (await start('demo.countdown', { seconds: 30 }));
    return { ...request, url: request.url.replace(example, operation.id) };
  }
  if (typeof request.body !== 'string' || !request.body.includes(example)) return request;
  const capture = request.body.includes('payment.refund');
  const charge = { ...${JSON.stringify(sample)}, capture };
  const { id } = await start('payment.charge', charge, { Prefer: 'wait=10' });
  return { ...request, body: request.body.replaceAll(example, id) };
}`;

/** Serves the OpenAPI document at /docs-json and Swagger UI at /docs. */
export function serveSwaggerUi(app: INestApplication): void {
  const { paymentMethods } = app.get(PaymentProviders, { strict: false }).chosen;
  const script = useRealOperations(sampleCharge(paymentMethods));
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'Outcome',
    swaggerOptions: {
      tryItOutEnabled: true,
      displayRequestDuration: true,
      // Nest writes the result of a function's toString into the page.
      requestInterceptor: Object.assign(() => undefined, { toString: () => script }),
    },
  });
}
