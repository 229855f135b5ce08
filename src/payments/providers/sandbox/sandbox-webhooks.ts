import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { PublicAddress } from '../../../address/public-address.js';
import { Clock } from '../../../clock/clock.js';
import { CONFIG, type Config } from '../../../config/config.js';
import { StopsIn } from '../../../shutdown/shutdown.js';
import { type IncomingWebhook, type ProviderEvent, WebhookRefused } from '../payment-provider.js';
import { eventTime, eventWord, expectRecent, readEvent } from '../webhook-checks.js';
import { SandboxLedger } from './sandbox-ledger.js';
import { SECONDS } from '../../../time/durations.js';

const HEADER = 'sandbox-signature';
const MOST_ATTEMPTS = 5;
const GIVE_UP_AFTER_MS = 5 * SECONDS;

const event = z.object({
  id: eventWord,
  type: eventWord,
  created: eventTime,
  data: z.object({ reference: eventWord }),
});

const inSeconds = (time: Date) => Math.floor(time.getTime() / SECONDS);

const signatureOf = (secret: string, created: number | string, body: Buffer) =>
  createHmac('sha256', secret).update(`${created}.`).update(body).digest('hex');

/** Signed by Stripe's scheme (docs.stripe.com/webhooks#verify-manually), over time and body. */
export function signedAsSandbox(secret: string, body: Buffer, now: Date): IncomingWebhook {
  const signedAt = inSeconds(now);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      [HEADER]: `t=${signedAt},v1=${signatureOf(secret, signedAt, body)}`,
    },
  };
}

/** A webhook as the sandbox sends it. */
export function sandboxWebhook(
  secret: string,
  reference: string,
  now: Date,
  id = `evt_${randomUUID()}`,
): IncomingWebhook {
  const payload: z.output<typeof event> = { id, type: 'charge.updated', created: inSeconds(now), data: { reference } };
  return signedAsSandbox(secret, Buffer.from(JSON.stringify(payload)), now);
}

/** @throws WebhookRefused */
export function readSandboxWebhook(secret: string, { body, headers }: IncomingWebhook, now: Date): ProviderEvent {
  const [, created = '', given = ''] = /^t=(\d{1,12}),v1=([\da-f]{64})$/.exec(headers[HEADER] ?? '') ?? [];
  if (!given) throw new WebhookRefused(`Expected the header ${HEADER} as "t=…,v1=…", found none of that form.`);
  if (!timingSafeEqual(Buffer.from(given), Buffer.from(signatureOf(secret, created, body))))
    throw new WebhookRefused('The signature is not one of the sandbox over this body.');
  expectRecent(Number(created), now);
  const { id, type, created: at, data } = readEvent(body, event);
  return { id, type, occurredAt: new Date(at * SECONDS), operationId: null, reference: data.reference };
}

/**
 * Sends, as a remote party would, what no answer of the sandbox contained: by its own reference of the charge, over
 * HTTP, with a few attempts. If a webhook is lost, a look-up finds the change.
 */
@Injectable()
@StopsIn('answers')
export class SandboxWebhooks implements OnModuleInit {
  private readonly logger = new Logger(SandboxWebhooks.name);
  private readonly stopping = new AbortController();
  private secret = '';

  constructor(
    @Inject(SandboxLedger) private readonly ledger: Pick<SandboxLedger, 'webhookSecret'>,
    private readonly address: PublicAddress,
    @Inject(Clock) private readonly clock: Pick<Clock, 'now'>,
    @Inject(CONFIG.roles) private readonly roles: Config['roles'],
    @Inject(CONFIG.http) private readonly http: Pick<Config['http'], 'publicUrl'>,
  ) {
    // Every webhook that waits listens for the stop; Node warns of a leak beyond ten listeners.
    setMaxListeners(Infinity, this.stopping.signal);
  }

  /** Before the first webhook arrives or is sent. */
  async onModuleInit(): Promise<void> {
    this.secret = await this.ledger.webhookSecret();
  }

  /** @throws WebhookRefused if the sandbox has not sent it */
  read(webhook: IncomingWebhook): ProviderEvent {
    return readSandboxWebhook(this.secret, webhook, this.clock.now());
  }

  sendLater(reference: string, afterMs: number): void {
    // A process without the role `api` serves no webhooks, and knows no other address.
    if (!this.roles.includes('api') && !this.http.publicUrl) return;
    void wait(afterMs, undefined, { signal: this.stopping.signal, ref: false })
      .then(() => this.send(reference))
      .catch(() => undefined);
  }

  stop(): void {
    this.stopping.abort();
  }

  private async send(reference: string): Promise<void> {
    const { body, headers } = sandboxWebhook(this.secret, reference, this.clock.now());
    const request = { method: 'POST', headers: headers as Record<string, string>, body: new Uint8Array(body) };
    for (let attempts = 1; attempts <= MOST_ATTEMPTS; attempts += 1) {
      const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(GIVE_UP_AFTER_MS)]);
      const sent = await fetch(`${this.address.url}/api/providers/sandbox/webhooks`, { ...request, signal }).catch(
        () => undefined,
      );
      await sent?.body?.cancel();
      if (sent?.ok) return;
      this.logger.debug({
        msg: 'a webhook of the sandbox was not taken',
        reference,
        status: sent?.status ?? null,
        attempts,
      });
      await wait(attempts * SECONDS, undefined, { signal: this.stopping.signal, ref: false });
    }
  }
}
