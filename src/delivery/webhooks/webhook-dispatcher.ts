import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { filter, merge, type Subscription, tap } from 'rxjs';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { OperationsChanged } from '../../operations/domain/operation-events.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { SECONDS } from '../../time/durations.js';
import type { Attempt, DeliveryStatus } from './webhook-delivery.entity.js';
import type { DisabledReason } from './webhook-endpoint.entity.js';
import { WebhookBodies } from './webhook-bodies.js';
import { messageId, signatureOf } from './webhook-message.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { FAILING_TOO_LONG, pauseAfter } from './webhook-schedule.js';
import { type Answer, WebhookSender } from './webhook-sender.js';
import {
  CLAIM,
  COMPLETE,
  COUNT_ENDPOINTS,
  DISABLE,
  FAN_OUT,
  NOTE_FAILURE,
  NOTE_SUCCESS,
  RELEASE,
} from './webhook.sql.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookWork } from './webhook-work.js';

/** For retries that come due, and what other processes add; a process without endpoints looks half as often. */
const LOOK_EVERY = 1 * SECONDS;

/** Longer than an attempt takes. When a process is lost, its deliveries are sent again after it. */
const CLAIMED_FOR = 30 * SECONDS;

/** Events that are distributed in one commit. */
const LARGEST_FAN_OUT = 500;

const GONE = 410;

export interface Claim {
  endpointId: string;
  tenant: string;
  id: number;
  operationId: string | null;
  version: number;
  type: string;
  createdAt: Date;
  failures: number;
  claimedUntil: Date;
  url: string;
  secret: string;
  previousSecret: string | null;
  failingSince: Date | null;
}

/**
 * Distributes the events of the outbox to the endpoints, and sends what is due. Every process with the role `worker`
 * does: a delivery is sent by the one that claims it, and by another only if that one is lost. All of this is written
 * without waiting for the disk: a power cut repeats deliveries, and loses none.
 */
@Injectable()
@StopsIn('work')
export class WebhookDispatcher implements OnApplicationBootstrap {
  private readonly logger = new Logger(WebhookDispatcher.name);
  private readonly stopping = new AbortController();
  private readonly aborting = new AbortController();
  private readonly sending = new Map<Claim, Promise<void>>();
  private readonly endpoints = { all: 0, disabled: 0, attention: 0 };
  private endpointsReadAt = -Infinity;
  private wake: () => void = () => undefined;
  private isWoken = false;
  private isFailing = false;
  private running: Promise<void> | undefined;
  private subscription: Subscription | undefined;

  constructor(
    private readonly bus: EventBus<OperationsChanged>,
    private readonly bodies: WebhookBodies,
    private readonly database: Database,
    private readonly sender: WebhookSender,
    private readonly secrets: WebhookSecrets,
    private readonly work: WebhookWork,
    private readonly metrics: WebhookMetrics,
    private readonly clock: Clock,
    @Inject(CONFIG.worker) private readonly config: Config['worker'],
  ) {}

  onApplicationBootstrap(): void {
    const changed = this.bus.pipe(filter((event) => event instanceof OperationsChanged && this.endpoints.all > 0));
    const added = this.work.added.pipe(tap(() => (this.endpointsReadAt = -Infinity)));
    this.subscription = merge(changed, added).subscribe(() => this.look());
    this.running = this.run();
  }

  /** Claims no more. What is being sent has a while to end, and is else given back. */
  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    this.stopping.abort();
    this.look();
    const timer = setTimeout(() => this.aborting.abort(), this.config.shutdownMs / 2);
    await this.running;
    await Promise.all(this.sending.values());
    clearTimeout(timer);
  }

  private look(): void {
    this.isWoken = true;
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.pause();
      if (this.stopping.signal.aborted) return;
      try {
        if (await this.hasEndpoints()) await this.round();
        this.isFailing = false;
      } catch (err) {
        if (!this.isFailing) this.logger.warn({ msg: 'webhooks cannot be sent for now, and are sent later', err });
        this.isFailing = true;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY).unref());
      }
    }
  }

  /** Until there is something to do. The timer does not keep the process alive. */
  private async pause(): Promise<void> {
    if (!this.isWoken)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.endpoints.all > 0 ? LOOK_EVERY : 2 * LOOK_EVERY).unref();
        this.wake = () => (clearTimeout(timer), resolve());
      });
    this.isWoken = false;
  }

  private async hasEndpoints(): Promise<boolean> {
    if (performance.now() - this.endpointsReadAt >= LOOK_EVERY) {
      const { rows } = await this.database.relaxed.query<typeof this.endpoints>(COUNT_ENDPOINTS);
      Object.assign(this.endpoints, rows[0]);
      this.metrics.showEndpoints(this.endpoints);
      this.endpointsReadAt = performance.now();
    }
    return this.endpoints.all > 0;
  }

  private async round(): Promise<void> {
    const now = this.clock.now();
    let taken: number;
    do {
      const { rows } = await this.database.relaxed.query<{ taken: number }>({
        ...FAN_OUT,
        values: [now, LARGEST_FAN_OUT],
      });
      taken = rows[0]?.taken ?? 0;
    } while (taken === LARGEST_FAN_OUT);
    for (const claim of await this.claim(now)) {
      const sent = this.deliver(claim)
        .catch((err: unknown) => this.logger.warn({ msg: 'a webhook is sent again later', ...idsOf(claim), err }))
        .finally(() => {
          this.sending.delete(claim);
          this.look();
        });
      this.sending.set(claim, sent);
    }
  }

  private async claim(now: Date): Promise<Claim[]> {
    const held = new Map<string, number>();
    for (const { endpointId } of this.sending.keys()) held.set(endpointId, (held.get(endpointId) ?? 0) + 1);
    const values = [now, new Date(now.getTime() + CLAIMED_FOR), [...held.keys()], [...held.values()]];
    return (await this.database.relaxed.query<Claim>({ ...CLAIM, values })).rows;
  }

  private async deliver(claim: Claim): Promise<void> {
    const { url, endpointId, id } = claim;
    const body = await this.bodies.bodyOf(claim);
    const at = this.clock.now();
    const began = performance.now();
    const webhookId = messageId(claim);
    const seconds = Math.floor(at.getTime() / SECONDS);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Outcome-Webhooks',
      'webhook-id': webhookId,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signatureOf(this.secretsOf(claim), webhookId, seconds, body),
    };
    let answer: Answer;
    try {
      answer = await this.sender.send(url, headers, body, this.aborting.signal);
    } catch {
      await this.database.relaxed.query({ ...RELEASE, values: [endpointId, id, claim.claimedUntil] });
      return;
    }
    const durationMs = Math.round(performance.now() - began);
    await this.complete(claim, { at: at.toISOString(), url, durationMs, ...answer });
  }

  private secretsOf({ endpointId: id, tenant, secret, previousSecret }: Claim): string[] {
    const current = this.secrets.open(secret, 'secret', { id, tenant });
    return previousSecret ? [current, this.secrets.open(previousSecret, 'previous_secret', { id, tenant })] : [current];
  }

  private async complete(claim: Claim, attempt: Attempt): Promise<void> {
    const { endpointId, id, claimedUntil } = claim;
    const now = this.clock.now();
    const failures = attempt.error === null ? 0 : claim.failures + 1;
    const pause = pauseAfter(failures);
    const status: DeliveryStatus = attempt.error === null ? 'delivered' : pause ? 'pending' : 'given_up';
    const nextAttemptAt = pause ? new Date(now.getTime() + pause) : now;
    const finishedAt = status === 'pending' ? null : now;
    this.metrics.attempts.inc({ result: attempt.error === null ? 'success' : 'failure' });
    await this.database.relaxed.query({
      ...COMPLETE,
      values: [
        ...[endpointId, id, claimedUntil, status, failures, nextAttemptAt, finishedAt],
        ...[nextAttemptAt, JSON.stringify(attempt)],
      ],
    });
    if (attempt.error === null) {
      if (claim.failingSince) await this.database.relaxed.query({ ...NOTE_SUCCESS, values: [endpointId] });
      return;
    }
    this.logger.debug({ msg: 'a webhook was not delivered', ...idsOf(claim), failures, error: attempt.error });
    if (!claim.failingSince) await this.database.relaxed.query({ ...NOTE_FAILURE, values: [endpointId, attempt.at] });
    if (status === 'given_up') this.logger.warn({ msg: 'a webhook was given up', ...idsOf(claim), ...attempt });
    const failingFor = now.getTime() - (claim.failingSince?.getTime() ?? now.getTime());
    if (attempt.status === GONE) await this.disable(claim, 'gone', now);
    else if (status === 'given_up' && failingFor >= FAILING_TOO_LONG) await this.disable(claim, 'failing', now);
  }

  private async disable({ endpointId, url }: Claim, reason: DisabledReason, now: Date): Promise<void> {
    await this.database.durable.query({ ...DISABLE, values: [endpointId, now, reason] });
    this.endpointsReadAt = -Infinity;
    this.logger.warn({ msg: 'a webhook endpoint was disabled: somebody should look at it', endpointId, url, reason });
  }
}

const idsOf = ({ endpointId, id, operationId, version }: Claim) => ({
  endpointId,
  deliveryId: id,
  operationId,
  version,
});
