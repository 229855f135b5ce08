import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../problems/problem.js';
import type { OperationView } from '../queries/operation-view.js';

const SECONDS = 1000;
const LONGEST_WAIT = 60;

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>();

function header(context: ExecutionContext, name: string): string | undefined {
  const value = requestOf(context).headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Idempotency-Key: 1 to 255 printable ASCII characters. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  const key = header(context, 'idempotency-key');
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('invalid_parameter', `Idempotency-Key: expected 1 to 255 printable ASCII characters, found ${key.length}.`, [
    { path: 'Idempotency-Key', message: 'expected 1 to 255 printable ASCII characters' },
  ]);
});

/** How long the client wishes to be kept waiting, in whole seconds: `Prefer: wait=N` (RFC 7240), cut to 60. Other preferences are let pass. */
export const PreferWait = createParamDecorator((_: unknown, context: ExecutionContext): number | undefined => {
  const preferences = (header(context, 'prefer') ?? '').split(',').map((preference) => preference.split(';')[0]?.trim() ?? '');
  const wait = preferences.find((preference) => /^wait\b/i.test(preference));
  if (wait === undefined) return undefined;
  const seconds = /^wait\s*=\s*"?(\d{1,9})"?$/i.exec(wait)?.[1];
  if (seconds !== undefined) return Math.min(Number(seconds), LONGEST_WAIT);
  throw new Problem('invalid_parameter', 'Prefer: expected wait=N with N in whole seconds, such as wait=10.', [
    { path: 'Prefer', message: 'expected wait=N with N in whole seconds' },
  ]);
});

/** If-None-Match, as the versions that the client has seen; none where the header is not there or names none of ours. */
export const SeenVersions = createParamDecorator((_: unknown, context: ExecutionContext): number[] =>
  [...(header(context, 'if-none-match') ?? '').matchAll(/"v(\d{1,9})"/g)].map(([, version]) => Number(version)),
);

const NEVER = new AbortController().signal;

/** Aborted when a client that asks to be kept waiting goes before it is answered. */
export const Gone = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  if (header(context, 'prefer') === undefined) return NEVER;
  const controller = new AbortController();
  context
    .switchToHttp()
    .getResponse<FastifyReply>()
    .raw.once('close', () => controller.abort());
  return controller.signal;
});

export const RequestId = createParamDecorator((_: unknown, context: ExecutionContext): string => requestOf(context).id);

export const toMilliseconds = (seconds: number) => seconds * SECONDS;

/** When to ask again, in seconds: soon while it is young, seldom when it takes long. */
function retryAfter({ createdAt }: OperationView): number {
  const age = Date.now() - Date.parse(createdAt);
  if (age < 10 * SECONDS) return 1;
  return age < 60 * SECONDS ? 2 : 5;
}

/** What goes with every answer that is an operation. */
export function describe(reply: FastifyReply, operation: OperationView): void {
  void reply.header('ETag', `"v${operation.version}"`);
  if (!operation.done) void reply.header('Retry-After', retryAfter(operation));
}
