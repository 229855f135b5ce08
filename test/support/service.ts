import { io, type Socket } from 'socket.io-client';
import type { OperationEventView, OperationView, PastEventView } from '../../src/operations/contract/operation-view.js';
import { type Outcome, startOutcome } from '../../src/start-outcome.js';
import type { ProblemDocument } from '../../src/problems/problem.js';
import { createDatabase, type TestDatabase } from './databases.js';

/** Short waits keep tests quick; locks and shutdown have room for a machine that stalls. */
const QUICK = {
  PORT: '0',
  LOG_LEVEL: 'silent',
  SANDBOX_LATENCY_MS: '0',
  RETRY_BASE_MS: '20',
  LOOK_UP_BASE_MS: '50',
  JOB_LOCK_MS: '15000',
  WATCHDOG_MS: '300',
  SHUTDOWN_MS: '20000',
  // Tests of other things ask much from one address.
  LIMIT_STARTS: '0',
  LIMIT_READS: '0',
  LIMIT_ANONYMOUS: '0',
  LIMIT_STREAMS: '0',
  LIMIT_SOCKETS: '0',
  LIMIT_FAILED_LOGINS: '0',
  TOKEN_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
};

/** A process of one role needs the address of the apis; no server listens at this one. */
const addressFor = ({ ROLES }: Record<string, string>) =>
  ROLES === 'worker' || ROLES === 'api' ? { PUBLIC_URL: 'http://127.0.0.1:9' } : {};

type Answer<Body> = { status: number; headers: Headers; body: Body };

export interface StartOptions {
  headers?: Record<string, string>;
  metadata?: Record<string, string>;
  expiresIn?: number;
}

/** The whole service on a database of its own, and the calls that a client would make. */
export class Service {
  private readonly sockets: Socket[] = [];

  private constructor(
    readonly outcome: Outcome,
    readonly database: TestDatabase,
    private readonly ownsDatabase: boolean,
  ) {}

  /** With `database`, a further process on the same data. */
  static async start(env: Record<string, string> = {}, database?: TestDatabase): Promise<Service> {
    const data = database ?? (await createDatabase());
    const outcome = await startOutcome({ ...QUICK, ...addressFor(env), DATABASE_URL: data.url, ...env });
    return new Service(outcome, data, !database);
  }

  get url(): string {
    return this.outcome.url;
  }

  async stop(): Promise<void> {
    this.closeSockets();
    await this.outcome.stop();
    if (this.ownsDatabase) await this.database.drop();
  }

  async request<Body = OperationView>(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string | undefined } = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(this.url + path, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
  }

  get<Body = OperationView>(path: string, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.request<Body>('GET', path, { headers });
  }

  post<Body = OperationView>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.request<Body>('POST', path, {
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  start(kind: string, input: unknown, { headers = {}, ...rest }: StartOptions = {}): Promise<Answer<OperationView>> {
    return this.post('/api/operations', { kind, input, ...rest }, headers);
  }

  /** Starts a charge of EUR 19.99. */
  async charge(paymentMethod = 'pm_card_visa', options: StartOptions = {}): Promise<OperationView> {
    return (await this.start('payment.charge', { amount: 1999, currency: 'EUR', paymentMethod }, options)).body;
  }

  /** The operation once it has ended. */
  async ending(id: string): Promise<OperationView> {
    for (let attempts = 0; attempts < 60; attempts += 1) {
      const { body } = await this.get(`/api/operations/${id}`, { Prefer: 'wait=5' });
      if (body.done) return body;
    }
    throw new Error(`Operation ${id} has not ended.`);
  }

  async history(id: string): Promise<OperationEventView[]> {
    const { body } = await this.get<{ metadata: OperationView['metadata']; items: PastEventView[] }>(
      `/api/operations/${id}/events`,
    );
    return withMetadata(body.metadata, body.items);
  }

  /** A socket in the namespace /operations. */
  socket(options: Record<string, unknown> = {}): Socket {
    const socket = io(`${this.url}/operations`, { forceNew: true, transports: ['websocket'], ...options });
    this.sockets.push(socket);
    return socket;
  }

  closeSockets(): void {
    for (const socket of this.sockets.splice(0)) socket.close();
  }

  async charges(operationId: string): Promise<number> {
    const { rowCount } = await this.database.client.query(
      `SELECT FROM sandbox.charge WHERE idempotency_key = $1 AND outcome = 'charged'`,
      [operationId],
    );
    return rowCount ?? 0;
  }
}

/** Events of a history as they come live. */
export const withMetadata = (
  metadata: OperationView['metadata'],
  events: readonly PastEventView[],
): OperationEventView[] => events.map((event) => ({ ...event, operation: { ...event.operation, metadata } }));

export type Problem = ProblemDocument;

/** Waits until `look` returns something truthy; fails if it has not within `withinMs`. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, withinMs = 40_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`It has not come about within ${withinMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
