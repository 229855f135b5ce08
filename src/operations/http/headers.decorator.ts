import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CardNumberRefused, InvalidParameter } from '../../errors/invalid-input.js';
import { hasCardNumber } from '../../validation/card-numbers.js';
import { preferencesOf } from './prefer-header.js';
import { SECONDS } from '../../time/durations.js';

const LONGEST_WAIT = 60;

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>();

function header(context: ExecutionContext, name: string): string | undefined {
  const value = requestOf(context).headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** A string by RFC 8941, section 3.3.3, as the draft of the header requires: "k1" and k1 are the same key. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/** Idempotency-Key: 1 to 255 printable ASCII characters, quoted or not. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  const given = header(context, 'idempotency-key');
  const key = QUOTED.exec(given ?? '')?.[1]?.replace(/\\(.)/g, '$1') ?? given;
  if (key === undefined) return undefined;
  if (hasCardNumber(key)) throw CardNumberRefused.at('Idempotency-Key');
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  const message = `expected 1 to 255 printable ASCII characters, found ${key.length} of any kind`;
  throw InvalidParameter.because([{ path: 'Idempotency-Key', message }]);
});

/** How long, and for what, a client asks the service to hold its answer. */
export interface Waiting {
  /** Whole seconds, 60 at most. */
  seconds: number;
  /** Wait for the ending or a customer action rather than for the next version. */
  untilEnd: boolean;
}

/** `Prefer: wait=N, until=end` (RFC 7240). HEAD does not wait, since its answer has no body. */
export const PreferWait = createParamDecorator((_: unknown, context: ExecutionContext): Waiting | undefined => {
  const preferences = preferencesOf(header(context, 'prefer'));
  const wait = preferences.get('wait') ?? '';
  if (!/^\d+$/.test(wait) || Number(wait) === 0 || requestOf(context).method === 'HEAD') return undefined;
  return { seconds: Math.min(Number(wait), LONGEST_WAIT), untilEnd: preferences.get('until') === 'end' };
});

/** If-None-Match as the versions that the client has seen; empty without the header or without one of our ETags. */
export const knownVersionsOf = ({ headers }: FastifyRequest): number[] =>
  [...(headers['if-none-match'] ?? '').matchAll(/"v(\d{1,9})"/g)].map(([, version]) => Number(version));

export const KnownVersions = createParamDecorator((_: unknown, context: ExecutionContext): number[] =>
  knownVersionsOf(requestOf(context)),
);

const NEVER = new AbortController().signal;

/** Aborted when a client that asked to wait disconnects before its answer. */
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
