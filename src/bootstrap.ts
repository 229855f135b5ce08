import { OperatorError, toPrint } from './errors/operator-error.js';
import { IdleCollection } from './process/idle-collection.js';
import { sampleCharge } from './payments/kinds/charge-input.js';
import { PaymentProviders } from './payments/providers/payment-provider-register.js';
import { type Outcome, startOutcome } from './start-outcome.js';
import { askedToStop } from './process/stop-signals.js';

function greet({ app, url, data, config }: Outcome): void {
  const { chosen } = app.get(PaymentProviders, { strict: false });
  const charge = JSON.stringify({ kind: 'payment.charge', input: sampleCharge(chosen.paymentMethods) });
  // A key is made by `npm run keys`.
  const credentials = config.access.isOpen ? [] : ['"Authorization: Bearer $KEY"'];
  const headers = ["'Content-Type: application/json'", "'Prefer: wait=10'", ...credentials].map((each) => `-H ${each}`);
  const lines = config.roles.includes('api')
    ? [
        `  Page  ${url}/`,
        `  Docs  ${url}/docs`,
        `  Data  ${data}`,
        '',
        `  curl -s ${url}/api/operations ${headers.join(' ')} -d '${charge}'`,
      ]
    : [`  Health  ${url}/health/ready`, `  Data    ${data}`];
  console.log(['', `Outcome is ready (${config.roles.join(', ')}).`, ...lines, ''].join('\n'));
}

function refuse(error: unknown): never {
  console.error(error instanceof OperatorError ? `Outcome cannot start. ${error.message}` : error);
  process.exit(1);
}

try {
  const outcome = await startOutcome(process.env);
  greet(outcome);
  IdleCollection.begin();
  const failure = await Promise.race([askedToStop, outcome.failed]);
  if (failure) console.error(`Outcome cannot go on. ${failure.message}`);
  await outcome.stop().catch((error: unknown) => {
    console.error(toPrint(error));
    process.exit(1);
  });
  process.exit(failure ? 1 : 0);
} catch (error) {
  refuse(error);
}
