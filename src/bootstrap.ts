import { InvalidConfig } from './config/environment.js';
import { DatabaseUnusable } from './database/database-unusable.js';
import { EmbeddedPostgresError } from './database/embedded/embedded-postgres-error.js';
import { NewerTables } from './database/newer-tables.js';
import { ServingRolesUnusable } from './database/roles/serving-roles.js';
import { CannotListen, type Outcome, startOutcome, StoppedLate } from './start-outcome.js';
import { IdleCollection } from './idle-collection.js';
import { UnusableKind } from './operations/kinds/kind-register.js';
import { PageNotBuilt } from './page/built-page.js';
import { sampleCharge } from './payments/kinds/charge-input.js';
import { PaymentProviders } from './payments/providers/payment-provider-register.js';
import { RedisUnusable } from './redis/redis-unusable.js';
import { SecretKeysMissing } from './secrets/sealed-columns.js';
import { askedToStop } from './stop-signals.js';

const FORESEEN = [
  InvalidConfig,
  EmbeddedPostgresError,
  PageNotBuilt,
  CannotListen,
  DatabaseUnusable,
  NewerTables,
  ServingRolesUnusable,
  RedisUnusable,
  UnusableKind,
  SecretKeysMissing,
];

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

/** An expected error prints one sentence; any other prints its stack. */
function refuse(error: unknown): never {
  console.error(
    error instanceof Error && FORESEEN.some((type) => error instanceof type)
      ? `Outcome cannot start. ${error.message}`
      : error,
  );
  process.exit(1);
}

try {
  const outcome = await startOutcome(process.env);
  greet(outcome);
  IdleCollection.begin();
  const failure = await Promise.race([askedToStop, outcome.failed]);
  if (failure) console.error(`Outcome cannot go on. ${failure.message}`);
  await outcome.stop().catch((error: unknown) => {
    console.error(error instanceof StoppedLate ? error.message : error);
    process.exit(1);
  });
  process.exit(failure ? 1 : 0);
} catch (error) {
  refuse(error);
}
