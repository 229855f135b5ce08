import { InvalidConfig } from './config/config.js';
import { EmbeddedPostgresError } from './database/embedded/embedded-postgres-error.js';
import { type Outcome, PortTaken, startOutcome, StoppedLate } from './outcome.js';
import { PageNotBuilt } from './page/built-page.js';

const FORESEEN = [InvalidConfig, EmbeddedPostgresError, PageNotBuilt, PortTaken];

function greet({ url, data, config }: Outcome): void {
  const lines = config.ROLES.includes('api')
    ? [
        `  Page  ${url}/`,
        `  Docs  ${url}/docs`,
        `  Data  ${data}`,
        '',
        `  curl -s ${url}/api/operations -H 'Content-Type: application/json' -H 'Prefer: wait=10' -d '{"kind":"payment.charge","input":{"amount":1999,"currency":"EUR","paymentMethod":"pm_card_visa"}}'`,
      ]
    : [`  Health  ${url}/health/ready`, `  Data    ${data}`];
  console.log(['', `Outcome is ready (${config.ROLES.join(', ')}).`, ...lines, ''].join('\n'));
}

/** A foreseen refusal is one sentence; anything else shows where it comes from. */
function refuse(error: unknown): never {
  const foreseen = FORESEEN.some((type) => error instanceof type) || isUnreachable(error);
  console.error(foreseen ? `Outcome cannot start. ${describe(error)}` : error);
  process.exit(1);
}

const isUnreachable = (error: unknown) =>
  error instanceof Error && ('code' in error || error.name === 'AggregateError') && !(error instanceof TypeError);

function describe(error: unknown): string {
  if (FORESEEN.some((type) => error instanceof type)) return (error as Error).message;
  const { message, code } = error as NodeJS.ErrnoException;
  return `The database of DATABASE_URL cannot be used: ${message || code}. Check that it is there and that the URL is right.`;
}

// Heard from the beginning: who asks to stop while it starts is heeded when it has. Who asks twice does not want to wait.
const askedToStop = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => resolve(void process.once(signal, () => process.exit(130))));
});

try {
  const outcome = await startOutcome(process.env);
  greet(outcome);
  await askedToStop;
  await outcome.stop().catch((error: unknown) => {
    console.error(error instanceof StoppedLate ? error.message : error);
    process.exit(1);
  });
  process.exit(0);
} catch (error) {
  refuse(error);
}
