import * as audit from './access/audit/audit.sql.js';
import * as keys from './access/keys/api-key.sql.js';
import * as failedLogins from './access/limits/failed-login.sql.js';
import * as tenants from './access/tenants/tenant.sql.js';
import { aloneOf, combinationsOf, combined } from './database/companion.js';
import type { Statement } from './database/statement.js';
import * as webhooks from './delivery/webhooks/webhook.sql.js';
import * as readiness from './health/readiness.sql.js';
import * as backlog from './operations/persistence/backlog.sql.js';
import * as operations from './operations/persistence/operation.sql.js';
import * as overdueJobs from './operations/persistence/overdue-jobs.sql.js';
import * as leases from './operations/persistence/worker-lease.sql.js';
import * as accounts from './payments/accounts/provider-account.sql.js';
import * as payments from './payments/ledger/payment-ledger.sql.js';
import * as sandbox from './payments/providers/sandbox/sandbox-ledger.sql.js';
import * as providerEvents from './payments/webhooks/provider-event.sql.js';
import * as jobOutbox from './queue/job-outbox.sql.js';
import * as retention from './retention/retention.sql.js';
import * as secrets from './secrets/sealed-columns.sql.js';

const MODULES = [
  audit,
  keys,
  failedLogins,
  tenants,
  webhooks,
  readiness,
  backlog,
  operations,
  overdueJobs,
  leases,
  accounts,
  payments,
  sandbox,
  providerEvents,
  jobOutbox,
  retention,
  secrets,
];

/** What kinds store with the first claim of an operation. */
const OPENINGS = [payments.OPEN_WITH_CLAIM];

/** What outcomes of kinds store with their operation. */
const COMPANIONS = [payments.RECORD, payments.COMPLETE];

const isStatement = (found: unknown): found is Statement =>
  typeof found === 'object' && found !== null && 'functionName' in found;

/** All statements on the service's own tables but what clients read. The start makes a function of each. */
export const STATEMENTS: readonly Statement[] = [
  ...MODULES.flatMap((module) => Object.values<unknown>(module)).filter(isStatement),
  ...secrets.SEALED_COLUMNS.flatMap(({ page, update }) => [page, update]),
  ...COMPANIONS.map(aloneOf),
  ...combinationsOf(OPENINGS).map((each) => operations.addWith(combined(each))),
  ...combinationsOf([...OPENINGS, ...COMPANIONS]).map((each) => operations.changeWith(combined(each))),
];
