import { setTimeout as wait } from 'node:timers/promises';
import { withTimeout } from '../../src/time/with-timeout.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { MortalPostgres } from '../support/mortal-postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';

export const JOB_LOCK_MS = 1000;
const DATABASE_TIMEOUT_MS = 3000;
/** The sum of the service's own limits: of a statement, its answer, and a new connection. */
export const EVERY_LIMIT_MS = DATABASE_TIMEOUT_MS + 1000 + 5000;
/**
 * How long the service may leave a client without an answer while nothing is broken. On an idle machine, a second or
 * two.
 */
const PATIENCE_MS = 60_000;
const STARTS_WITHIN_MS = 180_000;
const ATTEMPT_LASTS_MS = 5000;
const CHARGES_WITHIN_MS = 5000;

type Answer<Body> = { status: number; body: Body };

/** Short times, so that a fault outlasts them. Rechecks become due only once both processes run. */
const QUICK = {
  JOB_LOCK_MS: String(JOB_LOCK_MS),
  WATCHDOG_MS: '300',
  DATABASE_TIMEOUT_MS: String(DATABASE_TIMEOUT_MS),
  LOOK_UP_BASE_MS: '20',
  RETRY_BASE_MS: '10',
  RETRY_ATTEMPTS: '8',
  RECHECK_AFTER_MS: '8000',
  SHUTDOWN_MS: '3000',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  PAYMENT_PROVIDER: 'stripe',
};

/** Two processes of the service, their database, the line to it, and a provider whose records no crash affects. */
export class FrailWorld {
  readonly services: ServiceProcess[] = [];
  /** What was broken and when, for the report of a failure. */
  readonly broken: string[] = [];
  private readonly urls: string[] = [];
  private isBroken = false;
  private isGone = false;

  private constructor(
    readonly postgres: MortalPostgres,
    readonly line: LineToDatabase,
    readonly stripe: StripeDouble,
  ) {}

  static async build(): Promise<FrailWorld> {
    const postgres = await MortalPostgres.start();
    const stripe = await StripeDouble.start();
    stripe.searchLagMs = 0;
    const world = new FrailWorld(postgres, await LineToDatabase.to(postgres), stripe);
    await world.startService(0);
    await world.startService(1);
    return world;
  }

  /** The present or last address of a service. */
  url(which: number): string {
    return this.urls[which % this.urls.length] ?? '';
  }

  async startService(which: number): Promise<void> {
    const { url: STRIPE_API_BASE, secretKey: STRIPE_SECRET_KEY } = this.stripe;
    const service = ServiceProcess.spawn({ ...QUICK, DATABASE_URL: this.line.url, STRIPE_API_BASE, STRIPE_SECRET_KEY });
    this.services[which] = service;
    this.urls[which] = await service.ready(STARTS_WITHIN_MS);
  }

  async break(name: string, fault: () => Promise<void>): Promise<void> {
    const began = new Date();
    this.isBroken = true;
    await fault();
    this.isBroken = false;
    this.broken.push(`${began.toISOString()} to ${new Date().toISOString()} ${name}`);
  }

  /** Cuts the power just after a charge was made, if one is made soon: its preconditions must be on the disk. */
  async cutPower(): Promise<void> {
    await this.stripe.charges(AbortSignal.timeout(CHARGES_WITHIN_MS)).catch(() => undefined);
    await Promise.all([this.postgres.kill(), ...this.services.map((service) => service.kill('SIGKILL'))]);
    await this.postgres.revive();
    await Promise.all(this.services.map((_, which) => this.startService(which)));
  }

  /** A client's request, sent to either service until one answers. */
  async request<Body = OperationView>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const request = {
      method,
      headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    let last = '';
    for (let attempt = 0, left = PATIENCE_MS; left > 0 && !this.isGone; attempt += 1) {
      const began = Date.now();
      try {
        const answer = await this.ask<Body>(this.url(attempt) + path, request);
        if (answer.status < 500 && answer.status !== 429) return answer;
        last = `${answer.status} ${JSON.stringify(answer.body)}`;
      } catch (error) {
        // Broken off, or silent: its effect is unknown.
        last = String(error);
      }
      await wait(100);
      if (!this.isBroken) left -= Date.now() - began;
    }
    throw new Error(
      `Expected ${method} ${path} to be answered, found for ${PATIENCE_MS} ms in which nothing was broken: ` +
        `${last}\n${this.said}`,
    );
  }

  /** The last log lines of the services. */
  get said(): string {
    return this.services.map((service) => service.said.slice(-4000)).join('\n---\n');
  }

  async remove(): Promise<void> {
    this.isGone = true;
    await Promise.all(this.services.map((service) => service.kill('SIGKILL')));
    await this.stripe.stop();
    await this.line.cut();
    await this.postgres.remove();
  }

  private async ask<Body>(url: string, request: RequestInit): Promise<Answer<Body>> {
    const given = new AbortController();
    const answered = fetch(url, { ...request, signal: given.signal }).then(async (response) => ({
      status: response.status,
      body: (await response.json()) as Body,
    }));
    const late = () => new Error(`no answer within ${ATTEMPT_LASTS_MS} ms`);
    return withTimeout(ATTEMPT_LASTS_MS, answered, late).finally(() => given.abort());
  }
}
