import { setTimeout as wait } from 'node:timers/promises';
import type { OperationView } from '../../src/operations/queries/operation-view.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { MortalPostgres } from '../support/mortal-postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';

export const JOB_LOCK_MS = 1000;

type Answer<Body> = { status: number; body: Body };

/** Quick, so that a fault lasts longer than whatever waits for it. */
const QUICK = {
  JOB_LOCK_MS: String(JOB_LOCK_MS),
  WATCHDOG_MS: '300',
  DATABASE_TIMEOUT_MS: '2000',
  LOOK_UP_BASE_MS: '20',
  RETRY_BASE_MS: '10',
  RETRY_ATTEMPTS: '8',
  SHUTDOWN_MS: '3000',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  PAYMENT_PROVIDER: 'stripe',
};

/** Two processes of the service, their one database, the line to it, and a provider whose books no crash of ours touches. */
export class FrailWorld {
  readonly services: ServiceProcess[] = [];
  private readonly urls: string[] = [];
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

  /** Where one of the services is, or was. */
  url(which: number): string {
    return this.urls[which % this.urls.length] ?? '';
  }

  async startService(which: number): Promise<void> {
    const { url: STRIPE_API_BASE, secretKey: STRIPE_SECRET_KEY } = this.stripe;
    const service = ServiceProcess.spawn({ ...QUICK, DATABASE_URL: this.line.url, STRIPE_API_BASE, STRIPE_SECRET_KEY });
    this.services[which] = service;
    this.urls[which] = await service.ready();
  }

  async cutPower(): Promise<void> {
    await Promise.all([this.postgres.kill(), ...this.services.map((service) => service.kill('SIGKILL'))]);
    await this.postgres.revive();
    await Promise.all(this.services.map((_, which) => this.startService(which)));
  }

  /** What a client would get, from whichever service answers, however often it must ask. */
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
    for (let attempt = 0, end = Date.now() + 60_000; Date.now() < end && !this.isGone; attempt += 1) {
      try {
        const response = await fetch(this.url(attempt) + path, { ...request, signal: AbortSignal.timeout(3000) });
        const answer = (await response.json()) as Body;
        if (response.status < 500 && response.status !== 429) return { status: response.status, body: answer };
      } catch {
        // Broken off, or silent: the answer is not known.
      }
      await wait(100);
    }
    const said = this.services.map((service) => service.said.slice(-4000)).join('\n---\n');
    throw new Error(`Expected ${method} ${path} to be answered within a minute, found no answer:\n${said}`);
  }

  async remove(): Promise<void> {
    this.isGone = true;
    await Promise.all(this.services.map((service) => service.kill('SIGKILL')));
    await this.stripe.stop();
    await this.line.cut();
    await this.postgres.remove();
  }
}
