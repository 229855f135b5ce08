import type { Problem } from './api.js';
import type { Credentials } from './credentials.js';
import { parsed } from './json.js';
import { isRetryable, messageOf, OutcomeError } from './outcome-error.js';
import { TimeLimit } from './time-limit.js';
import { backoff, type Connectivity } from './connectivity.js';

const SECONDS = 1000;
const ANSWER_WITHIN_MS = 15 * SECONDS;
const PATIENCE_MS = 60 * SECONDS;
const MAY_PASS = [408, 425, 429, 500, 502, 503, 504];

export type Token = string | (() => string | Promise<string>);

export interface Request {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | undefined;
  /** What is presented in place of the client's credentials. */
  token?: string | undefined;
  signal: AbortSignal;
  /** The time limit of an answer, in milliseconds. */
  within?: number | undefined;
}

export interface Answer<Body> {
  headers: Headers;
  /** Undefined if the response has none, as with 304. */
  body: Body;
}

/** The current token. Rejects when the signal aborts before a token function has answered: a renewal may hang. */
export function tokenOf(token: Token | undefined, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    if (typeof token !== 'function') return resolve(token);
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(new Error('No answer of the token function')));
    Promise.resolve(token()).then(resolve, reject);
  });
}

/** The service's HTTP: JSON, problems by their code, and which problems are transient. */
export class Http {
  constructor(
    readonly base: string,
    private readonly fetch: typeof globalThis.fetch,
    private readonly credentials: Credentials,
    private readonly network: Connectivity,
  ) {}

  /**
   * Retries for a minute until there is an answer, and resolves to its body. The request must be safe to repeat.
   */
  async ask<Body>(path: string, request: Request): Promise<Body> {
    const release = this.network.use();
    const until = performance.now() + PATIENCE_MS;
    try {
      for (let failures = 0; ; failures += 1) {
        try {
          return (await this.once<Body>(path, request)).body;
        } catch (error) {
          if (!isRetryable(error))
            throw failures > 0 && error instanceof OutcomeError ? Object.assign(error, { repeated: true }) : error;
          const left = until - performance.now();
          if (left <= 0) {
            const { message, status, problem } = error;
            const why = `No answer in ${PATIENCE_MS / SECONDS} s. Nothing is lost: ask again. The last try: ${message}`;
            throw new OutcomeError('unreachable', why, { status, problem, retryable: true });
          }
          await this.network.pause(Math.min(left, Math.max(error.retryAfter ?? 0, backoff(failures))), request.signal);
        }
      }
    } finally {
      release();
    }
  }

  /** Sends the request once. */
  async once<Body>(path: string, { within = ANSWER_WITHIN_MS, ...request }: Request): Promise<Answer<Body>> {
    const limit = new TimeLimit(within);
    try {
      const response = await this.send(path, { ...request, signal: AbortSignal.any([request.signal, limit.signal]) });
      const text = await response.text().catch((error: unknown) => this.unreachable(path, error));
      const { ok, status, headers } = response;
      const body = parsed(text);
      if (status !== 304 && (!ok || typeof body !== 'object' || !body)) throw errorOf(response, text);
      return { headers, body: body as Body };
    } catch (error) {
      request.signal.throwIfAborted();
      throw error;
    } finally {
      limit.end();
    }
  }

  /** The raw response, for callers that read its body in pieces. */
  async send(path: string, { method = 'GET', headers: own, body, token: given, signal }: Request): Promise<Response> {
    try {
      const headers = new Headers(own);
      const token = given ?? (await this.credentials.of(path, signal));
      if (body !== undefined) headers.set('Content-Type', 'application/json');
      if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
      return await this.fetch(this.base + path, { method, headers, body: body ?? null, signal, cache: 'no-store' });
    } catch (error) {
      return this.unreachable(path, error);
    }
  }

  private unreachable(path: string, cause: unknown): never {
    const message = `No answer of ${this.base}${path}: ${messageOf(cause)}.`;
    throw new OutcomeError('unreachable', message, { retryable: true, cause });
  }
}

/** Milliseconds that a response asks the client to wait, if it does: a date, zero or less says nothing. */
export function retryAfterOf(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after'));
  return seconds > 0 ? Math.min(seconds, 60) * SECONDS : undefined;
}

/** The error of an unexpected response: a problem of the service, or an answer of a proxy. */
export function errorOf({ ok, status, headers }: Response, text: string): OutcomeError {
  const problem = parsed(text);
  const retryAfter = retryAfterOf(headers);
  if (isProblem(problem)) return errorOfProblem(problem, status, retryAfter);
  const message =
    `Expected JSON of the service, found ${status} with ${headers.get('content-type') ?? 'no type'}: ` +
    text.slice(0, 100);
  const retryable = ok || MAY_PASS.includes(status);
  return new OutcomeError('unexpected_answer', message, { status, retryable, retryAfter });
}

/** The error of a problem of the service, however it came. */
export function errorOfProblem(problem: Problem, status = problem.status, retryAfter?: number): OutcomeError {
  const retryable = MAY_PASS.includes(status) || problem.code === 'stale_operation';
  return new OutcomeError(problem.code, problem.detail, { problem, status, retryable, retryAfter });
}

export const isProblem = (value: unknown): value is Problem => {
  const { code, detail } = (value ?? {}) as Partial<Problem>;
  return typeof code === 'string' && typeof detail === 'string';
};
