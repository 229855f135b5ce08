import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../src/clock/clock.js';
import { RetryableError } from '../../../src/operations/kinds/outcome.js';
import {
  type CancelRequest,
  type CaptureRequest,
  type ChargeReference,
  type ChargeRequest,
  type IncomingWebhook,
  type Inspection,
  PaymentProvider,
  type ProviderAnswer,
  type ProviderEvent,
  type ProviderInquiry,
  type ProviderLookUp,
  type RefundRequest,
  type VoidRequest,
  WebhookRefused,
} from '../../../src/payments/providers/payment-provider.js';
import { eventWord, expectRecent, readEvent } from '../../../src/payments/providers/webhook-checks.js';
import {
  type Charge,
  charge,
  chargeAnswer,
  chargeState,
  type Move,
  move,
  moveAnswer,
  stopAnswer,
} from './kestrel-mapping.js';
import { SECONDS } from '../../../src/time/durations.js';

export interface KestrelOptions {
  url: string;
  key: string;
  secrets: readonly string[];
}

/** Kestrel's answer. Without a status: none arrived, or an unreadable one. */
export interface Reply {
  status?: number;
  body?: unknown;
  cause?: unknown;
}

const GIVE_UP_AFTER_MS = 5 * SECONDS;

const event = z.object({
  event: eventWord,
  name: eventWord,
  at: z.iso.datetime().transform((text) => new Date(text)),
  about: z.object({ code: eventWord, op: eventWord }),
});

/** A complete provider for the fictional Kestrel, written by docs/adding-a-payment-provider.md. */
export class KestrelProvider extends PaymentProvider {
  readonly name = 'kestrel';
  readonly paymentMethods = {
    pattern: /^kt(-[a-z]+){1,10}$/,
    description: 'a token of Kestrel’s, such as kt-good',
    examples: { 'kt-good': 'Is paid', 'kt-refused': 'Is declined' },
  };
  readonly live = false;

  constructor(
    private readonly options: KestrelOptions,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    super();
  }

  override async charge(request: ChargeRequest): Promise<ProviderAnswer> {
    const {
      idempotencyKey,
      operationId: op,
      amount: minor,
      currency: iso,
      paymentMethod: token,
      capture,
      offSession,
    } = request;
    const reply = await this.send('PUT', ['charges', idempotencyKey], {
      minor,
      iso,
      token,
      hold: !capture,
      present: !offSession,
      op,
    });
    return this.readReply(charge, reply, (found) => this.chargeAnswer(found)) ?? this.failedCall(reply);
  }

  override capture(request: CaptureRequest): Promise<ProviderAnswer> {
    return this.move(request, { type: 'take', minor: request.amount });
  }

  override void(request: VoidRequest): Promise<ProviderAnswer> {
    return this.move(request, { type: 'free' });
  }

  override refund(request: RefundRequest): Promise<ProviderAnswer> {
    return this.move(request, { type: 'return', minor: request.amount });
  }

  override async cancel({ chargeKey, operationId: op }: CancelRequest): Promise<ProviderAnswer> {
    const reply = await this.send('PUT', ['charges', chargeKey, 'stop'], { op });
    return this.readReply(charge, reply, stopAnswer) ?? this.failedCall(reply);
  }

  override async lookUp({ call, idempotencyKey }: ProviderInquiry): Promise<ProviderLookUp> {
    const reply = await this.send('GET', [call === 'charge' ? 'charges' : 'moves', idempotencyKey]);
    const answer =
      call === 'charge'
        ? this.readReply(charge, reply, (found) => this.chargeAnswer(found))
        : this.readReply(move, reply, (found) => this.moveAnswer(found));
    if (answer) return answer;
    return isNothingThere(reply) ? { type: 'never_arrived' } : this.failedLookUp(reply);
  }

  override async inspect({ charge: code }: ChargeReference): Promise<Inspection> {
    const reply = await this.send('GET', ['codes', code]);
    const state = this.readReply(charge, reply, chargeState);
    if (state) return state;
    return isNothingThere(reply) ? { type: 'not_found' } : this.failedInspection(reply);
  }

  override readWebhook({ body, headers }: IncomingWebhook): ProviderEvent {
    const { 'kestrel-sent': sent = '', 'kestrel-mac': mac = '' } = headers;
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(sent))
      throw new WebhookRefused('Expected the header kestrel-sent, a time in UTC.');
    const isTheirs = this.options.secrets.some((secret) => {
      const expected = Buffer.from(createHmac('sha512', secret).update(`${sent}\n`).update(body).digest('base64url'));
      const given = Buffer.from(mac);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    if (!isTheirs) throw new WebhookRefused('The header kestrel-mac is not Kestrel’s over this body.');
    expectRecent(Date.parse(sent) / SECONDS, this.clock.now());
    const { event: id, name: type, at: occurredAt, about } = readEvent(body, event);
    return { id, type, occurredAt, operationId: about.op, reference: about.code };
  }

  protected chargeAnswer(found: Charge): ProviderAnswer {
    return chargeAnswer(found);
  }

  protected moveAnswer(found: Move): ProviderAnswer {
    return moveAnswer(found);
  }

  /** @throws RetryableError if Kestrel refused the request before doing anything */
  protected failedCall(reply: Reply): ProviderAnswer {
    const { status, cause } = reply;
    if (status === 503) throw new RetryableError('provider_unavailable', 'Kestrel is busy.');
    return {
      type: 'unknown',
      reason: status === undefined ? 'answer_lost' : 'provider_error',
      cause,
      providerCode: wordOf(reply),
    };
  }

  protected failedLookUp(reply: Reply): ProviderLookUp {
    return { type: 'unknown', reason: 'look_up_failed', cause: reply.cause, providerCode: wordOf(reply) };
  }

  protected failedInspection({ status }: Reply): Inspection {
    return { type: 'unknown', reason: `look_up_failed ${status ?? 'without an answer'}` };
  }

  protected async send(method: 'GET' | 'PUT', path: string[], body?: object): Promise<Reply> {
    try {
      const response = await fetch([this.options.url, ...path.map(encodeURIComponent)].join('/'), {
        method,
        headers: { authorization: `Key ${this.options.key}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(GIVE_UP_AFTER_MS),
      });
      return { status: response.status, body: await response.json() };
    } catch (cause) {
      if (neverLeft(cause))
        throw new RetryableError('provider_unavailable', 'Kestrel could not be reached.', { cause });
      return { cause };
    }
  }

  private async move(
    { idempotencyKey, charge: code }: CaptureRequest | VoidRequest,
    body: object,
  ): Promise<ProviderAnswer> {
    const reply = await this.send('PUT', ['codes', code, 'moves', idempotencyKey], body);
    return this.readReply(move, reply, (found) => this.moveAnswer(found)) ?? this.failedCall(reply);
  }

  /** Undefined if the answer is missing, or not in Kestrel's format. */
  private readReply<Shape, Answer>(
    shape: z.ZodType<Shape>,
    { status, body }: Reply,
    answerOf: (found: Shape) => Answer,
  ): Answer | undefined {
    const parsed = shape.safeParse(body);
    return status === 200 && parsed.success ? answerOf(parsed.data) : undefined;
  }
}

/** A 404 of a proxy lacks this word. */
const isNothingThere = (reply: Reply) => reply.status === 404 && wordOf(reply) === 'nothing_there';

function wordOf({ body }: Reply): string | null {
  const parsed = z.object({ error: z.string() }).safeParse(body);
  return parsed.success ? parsed.data.error : null;
}

const neverLeft = (error: unknown) =>
  ((error as Error).cause as { code?: string } | undefined)?.code === 'ECONNREFUSED';
