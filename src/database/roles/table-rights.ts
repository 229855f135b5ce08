import { createHash } from 'node:crypto';
import { HOT, QUERY, type Role, WORK } from './serving-roles.js';

/** The tenant that the transaction has set; null without one. A subquery is evaluated once a statement. */
const TENANT = `(SELECT nullif(current_setting('outcome.tenant', true), '')::uuid)`;

const OF_TENANT = `tenant = ${TENANT}`;

/** Scalar, since PostgreSQL might hash all operations for an EXISTS. */
const ofOperation = (id: string) =>
  `(SELECT operation.tenant FROM public.operation WHERE operation.id = ${id}) = ${TENANT}`;

const ofEndpoint = (id: string) =>
  `(SELECT endpoint.tenant FROM public.webhook_endpoint AS endpoint WHERE endpoint.id = ${id}) = ${TENANT}`;

interface TableRights {
  /** What the functions of the statements may do. */
  work: readonly ('SELECT' | 'INSERT' | 'UPDATE' | 'DELETE')[];
  /** Columns that it may not update. */
  fixed?: readonly string[];
  /** Only these it may update. */
  updates?: readonly string[];
  /** Which rows are of the tenant that is set. Absent: no tenant has any. */
  tenant?: string;
  /** Whether clients ask for its rows; if so, without these columns. */
  query?: { without: readonly string[] };
}

const SHOWN = { without: [] };

/** What each role may do with each table. What is not here, no role may touch. */
export const TABLE_RIGHTS: Readonly<Record<string, TableRights>> = {
  'public.operation': {
    work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    fixed: ['id', 'tenant', 'kind', 'idempotency_key', 'request_hash', 'request_id', 'created_at', 'expires_at'],
    tenant: OF_TENANT,
    query: SHOWN,
  },
  // Only the retention deletes and strips.
  'public.operation_event': {
    work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    updates: ['snapshot', 'detail'],
    tenant: ofOperation('operation_event.operation_id'),
  },
  'public.payment': {
    work: ['SELECT', 'INSERT', 'UPDATE'],
    fixed: ['charge_operation_id', 'account', 'currency'],
    tenant: ofOperation('payment.charge_operation_id'),
    query: SHOWN,
  },
  'public.payment_movement': {
    work: ['SELECT', 'INSERT', 'UPDATE'],
    fixed: ['id', 'operation_id', 'charge_operation_id', 'provider'],
    tenant: ofOperation('payment_movement.charge_operation_id'),
    query: SHOWN,
  },
  'public.provider_account': {
    work: ['SELECT', 'INSERT', 'UPDATE'],
    fixed: ['id', 'tenant', 'provider', 'created_at'],
    tenant: OF_TENANT,
  },
  'public.provider_event': { work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  'public.webhook_endpoint': {
    work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    fixed: ['id', 'tenant', 'created_at'],
    tenant: OF_TENANT,
    query: SHOWN,
  },
  'public.webhook_delivery': {
    work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    fixed: ['endpoint_id', 'id', 'operation_id', 'version', 'type', 'created_at'],
    tenant: ofEndpoint('webhook_delivery.endpoint_id'),
    query: SHOWN,
  },
  'public.webhook_outbox': {
    work: ['SELECT', 'INSERT', 'DELETE'],
    tenant: ofOperation('webhook_outbox.operation_id'),
  },
  'public.tenant': {
    work: ['SELECT', 'INSERT', 'UPDATE'],
    updates: ['tokens_valid_after'],
    tenant: `id = ${TENANT}`,
    query: SHOWN,
  },
  'public.api_key': {
    work: ['SELECT', 'INSERT', 'UPDATE'],
    updates: ['expires_at', 'revoked_at', 'last_used_at', 'tokens_valid_after'],
    tenant: OF_TENANT,
    query: { without: ['hash'] },
  },
  'public.audit_event': { work: ['INSERT'], tenant: OF_TENANT, query: SHOWN },
  'public.retention_due': {
    work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    tenant: ofOperation('retention_due.operation_id'),
  },
  'public.retention_progress': { work: ['SELECT', 'INSERT', 'UPDATE'] },
  'public.worker_lease': { work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  'public.job_outbox': { work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  'public.failed_login': { work: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] },
  'sandbox.charge': { work: ['SELECT', 'INSERT', 'UPDATE'] },
  'sandbox.movement': { work: ['SELECT', 'INSERT', 'UPDATE'] },
  'sandbox.webhook_secret': { work: ['SELECT'] },
};

/** Of no tenant, and without policies. Readiness rewrites a name, to see that the disk takes writes. */
const MIGRATIONS: TableRights = { work: ['SELECT', 'UPDATE'], updates: ['name'] };

/** Views run with the rights of their owner; the second one holds the condition itself. */
const VIEWS: Readonly<Record<string, Partial<Record<Role, readonly string[]>>>> = {
  // For FOR SHARE, which asks for the right to update a column.
  'public.operation_state': { [WORK]: ['SELECT', 'UPDATE (status)'] },
  'public.operation_of_tenant': { [QUERY]: ['SELECT'] },
};

/** A relation as the catalogue has it. */
export interface Relation {
  /** With its schema. */
  name: string;
  isTable: boolean;
  columns: readonly string[];
  owner: string;
}

/** As `GRANT` names them: `SELECT`, `UPDATE (status)`. */
export function rightsOn({ name, isTable, columns }: Relation, role: Role): readonly string[] {
  if (name.startsWith('bullmq.')) return role === HOT ? rightsInQueue(name, isTable) : [];
  if (role === HOT) return [];
  const rights = name === 'public.migration' ? MIGRATIONS : TABLE_RIGHTS[name];
  if (!rights) return VIEWS[name]?.[role] ?? [];
  if (role === QUERY) return rights.query ? restricted('SELECT', columns, rights.query.without) : [];
  const { work, updates, fixed = updates && columns.filter((column) => !updates.includes(column)) } = rights;
  return work.flatMap((right) => (right === 'UPDATE' ? restricted(right, columns, fixed ?? []) : [right]));
}

function rightsInQueue(name: string, isTable: boolean): readonly string[] {
  if (!isTable) return ['SELECT', 'USAGE'];
  return name === 'bullmq.migration' ? ['SELECT'] : ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
}

const restricted = (right: string, columns: readonly string[], without: readonly string[]) =>
  without.length === 0
    ? [right]
    : columns.filter((column) => !without.includes(column)).map((column) => `${right} (${column})`);

export interface Policy {
  name: string;
  /** What follows `CREATE POLICY name ON table`. */
  text: string;
}

/** FORCE subjects the owner, too, who migrates, and so must see everything. A superuser sees it anyway. */
export function policiesOf({ name, owner }: Relation): Policy[] {
  const rights = TABLE_RIGHTS[name];
  if (!rights) return [];
  const all = 'USING (true) WITH CHECK (true)';
  const policies = [
    { name: `owner_${owner}`, text: `TO "${owner.replaceAll('"', '""')}" ${all}` },
    { name: 'work', text: `TO ${WORK} ${all}` },
  ];
  if (rights.tenant) policies.push(tenantPolicy(rights.tenant));
  return policies;
}

/** The name says which condition it is of, since PostgreSQL stores it in other words. */
const tenantPolicy = (condition: string): Policy => ({
  name: `query_${createHash('sha256').update(condition).digest('hex').slice(0, 8)}`,
  text: `FOR SELECT TO ${QUERY} USING (${condition})`,
});
