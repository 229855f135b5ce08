import { MIMEType } from 'node:util';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { expectStorable } from '../validation/storable.js';
import { validated } from '../validation/validated.js';
import { MalformedJson, UnsupportedMediaType } from '../problems/request-errors.js';

export interface JsonBodyOptions {
  /** Also accepts text/plain or no type, for pages that cannot send JSON's. */
  text?: true;
  /** Whether the body may be missing: the schema then gets undefined; with a function, the parameter is undefined. */
  optional?: true | ((request: FastifyRequest) => boolean);
}

/**
 * Reads every body as bytes, whatever its type: a route without a body refuses none, a route that verifies a signature
 * gets the signed bytes, and a route that takes JSON uses `@JsonBody()`.
 */
export function readBodiesAsBytes(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // Fastify refuses a malformed type before it looks for a parser.
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['content-type'] !== undefined && request.mediaType === undefined)
      request.headers = { 'content-type': undefined };
    done();
  });
}

/**
 * The body as JSON (RFC 8259 in UTF-8, with or without a byte order mark), parsed by the schema. Checks first that it
 * is storable: a problem names fields, and must not name a card number.
 */
export const JsonBody = (schema: z.ZodType, options: JsonBodyOptions = {}): ParameterDecorator =>
  createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { text = false, optional } = options;
    const mayMiss = typeof optional === 'function' ? optional(request) : optional === true;
    const given = jsonOf(request.body as Buffer | undefined, request.raw.headers, text, mayMiss);
    if (given === undefined && typeof optional === 'function') return undefined;
    expectStorable(given);
    return validated(schema, given);
  })();

type Headers = Readonly<Partial<Record<'content-type' | 'content-encoding', string | undefined>>>;

function jsonOf(body: Buffer | undefined, headers: Headers, text: boolean, mayMiss: boolean): unknown {
  if (body === undefined || body.length === 0) {
    if (mayMiss) return undefined;
    throw MalformedJson.because(
      'Expected a body of JSON, found none. Send it with the header Content-Type: application/json.',
    );
  }
  expectJson(headers, text);
  const json = decoded(body);
  if (mayMiss && json.trim() === '') return undefined;
  try {
    return JSON.parse(json);
  } catch {
    throw MalformedJson.because('The body is not valid JSON. Check its quotes, commas and brackets.');
  }
}

function expectJson({ 'content-type': type, 'content-encoding': coding = 'identity' }: Headers, text: boolean): void {
  if (coding.toLowerCase() !== 'identity') throw UnsupportedMediaType.found(`Content-Encoding: ${coding}`);
  if (type === 'application/json' || (type === undefined && text)) return;
  const { essence, params } = mimeTypeOf(type) ?? {};
  const isJson = essence !== undefined && /^application\/([\w.+-]+\+)?json$/.test(essence);
  if (!isJson && !(text && essence === 'text/plain')) throw UnsupportedMediaType.found(type ?? 'no Content-Type');
  if (!/^utf-?8$/i.test(params?.get('charset') ?? 'utf-8')) throw UnsupportedMediaType.found(type ?? '');
}

function mimeTypeOf(type = ''): MIMEType | undefined {
  try {
    return new MIMEType(type);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Replacement characters would make two bodies equal, and store what no client has sent. */
function decoded(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw MalformedJson.because('The body is not UTF-8, which JSON is written in. Encode it as UTF-8.');
  }
}
