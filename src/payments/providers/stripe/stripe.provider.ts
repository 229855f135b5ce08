import Stripe from 'stripe';
import type { Clock } from '../../../clock/clock.js';
import { TerminalError } from '../../../operations/kinds/outcome.js';
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
} from '../payment-provider.js';
import { StripeAccount } from './stripe-account.js';
import { openStripe, type StripeOptions } from './stripe-client.js';
import { ALL_AT_ONCE, everyOne, findCharge, findRefund } from './stripe-search.js';
import { chargeState, inspectionError } from './stripe-inspection.js';
import { expectRecent } from '../webhook-checks.js';
import { eventOf } from './stripe-events.js';
import {
  type Call,
  captureLookUp,
  chargeAnswer,
  errorAnswer,
  isRefusedForItsState,
  lookUpErrorAnswer,
  METADATA,
  refundAnswer,
  releaseLookUp,
} from './stripe-mapping.js';
import { STRIPE_PAYMENT_METHODS } from './stripe-payment-methods.js';
import { toStripe } from './stripe-money.js';
import { HOURS } from '../../../time/durations.js';
import { chargeDecline, type Money, stepDecline } from '../currencies.js';

/** Disables the age check of Stripe's library, which accepts future times. */
const ANY_AGE = 0;

/** An hour less than Stripe keeps a key at least (docs.stripe.com/api/idempotent_requests): the clocks may differ. */
const KEY_SURELY_KEPT_FOR = 23 * HOURS;

const REASONS = new Set(['duplicate', 'fraudulent', 'requested_by_customer']);

/** Charges through Stripe's PaymentIntents (docs.stripe.com/payments/paymentintents/lifecycle). */
export class StripeProvider extends PaymentProvider {
  readonly paymentMethods = STRIPE_PAYMENT_METHODS;
  /** True for sk_live_…, rk_live_… and sk_org_live_… (docs.stripe.com/keys). */
  readonly live: boolean;
  private readonly stripe: Stripe;
  private readonly identity: StripeAccount;

  constructor(
    private readonly options: StripeOptions,
    private readonly clock: Pick<Clock, 'now'>,
    /** Of a tenant's account: its id. */
    readonly name = 'stripe',
  ) {
    super();
    this.live = options.secretKey.includes('_live_');
    this.stripe = openStripe(options);
    this.identity = new StripeAccount(options);
  }

  override get account(): string | null {
    return this.identity.known;
  }

  override identify(): Promise<string | null> {
    return this.identity.identify();
  }

  override charge(request: ChargeRequest): Promise<ProviderAnswer> {
    return this.inStripesUnit(request, 'charge', async (amount) => {
      const earlier = await this.earlierAnswer(request, { call: 'charge', charge: null });
      if (earlier) return earlier;
      const intent = await this.stripe.paymentIntents.create(chargeParams(request, amount), under(request));
      return chargeAnswer(isReplayed(intent) ? await this.asItIsNow(intent) : intent);
    });
  }

  override capture(request: CaptureRequest): Promise<ProviderAnswer> {
    return this.inStripesUnit(request, 'capture', async (amount) => {
      const metadata = { [METADATA.captureKey]: request.idempotencyKey };
      const captured = this.stripe.paymentIntents.capture(
        request.charge,
        { amount_to_capture: amount, metadata },
        under(request),
      );
      const found = captureLookUp(await this.orItsState(captured, request.charge), request.idempotencyKey);
      if (found.type !== 'never_arrived') return found;
      throw new TerminalError('provider_refused', `Stripe refuses the capture: ${request.charge} is not authorized.`);
    });
  }

  override void(request: VoidRequest): Promise<ProviderAnswer> {
    return settled('void', () => this.release(request.charge, 'already_captured'));
  }

  override refund(request: RefundRequest): Promise<ProviderAnswer> {
    return this.inStripesUnit(request, 'refund', async (amount) => {
      const earlier = await this.earlierAnswer(request, { call: 'refund', charge: request.charge });
      return earlier ?? refundAnswer(await this.stripe.refunds.create(refundParams(request, amount), under(request)));
    });
  }

  override cancel(request: CancelRequest): Promise<ProviderAnswer> {
    return settled('cancel', async () => {
      const known = request.charge ?? (await this.findCharge(request.chargeKey, request.sentAt))?.id;
      return this.release(known ?? (await this.takeKeyOf(request)), 'too_late');
    });
  }

  override async lookUp(inquiry: ProviderInquiry): Promise<ProviderLookUp> {
    try {
      return await this.find(inquiry);
    } catch (error) {
      return lookUpErrorAnswer(error);
    }
  }

  override async inspect({ charge }: ChargeReference): Promise<Inspection> {
    const all = { payment_intent: charge, limit: ALL_AT_ONCE };
    try {
      const intent = await this.stripe.paymentIntents.retrieve(charge);
      const [refunds, disputes] = await Promise.all([
        everyOne(this.stripe.refunds.list(all)),
        everyOne(this.stripe.disputes.list(all)),
      ]);
      return chargeState(intent, refunds, disputes);
    } catch (error) {
      return inspectionError(error);
    }
  }

  override readWebhook({ body, headers }: IncomingWebhook): ProviderEvent {
    const signature = headers['stripe-signature'];
    if (!signature) throw new WebhookRefused('The header stripe-signature is missing.');
    this.expectSigned(body, signature);
    expectRecent(signedAt(signature), this.clock.now());
    return eventOf(body);
  }

  /** Accepts any of the secrets: during a rotation Stripe may sign with either. */
  private expectSigned(body: Buffer, signature: string): void {
    let error = new WebhookRefused('STRIPE_WEBHOOK_SECRET is not set: no webhook can be believed.');
    for (const secret of this.options.webhookSecrets ?? [])
      try {
        this.stripe.webhooks.constructEvent(body, signature, secret, ANY_AGE);
        return;
      } catch (cause) {
        const [reason = ''] = (cause as Error).message.split('\n');
        error = new WebhookRefused(`The webhook is not believed: ${reason}`, { cause });
        if (!(cause instanceof Stripe.errors.StripeSignatureVerificationError)) break;
      }
    throw error;
  }

  private async find({ call, charge, idempotencyKey, sentAt }: ProviderInquiry): Promise<ProviderLookUp> {
    if (call === 'charge') {
      const intent = charge
        ? await this.stripe.paymentIntents.retrieve(charge)
        : await this.findCharge(idempotencyKey, sentAt);
      return intent ? chargeAnswer(intent) : { type: 'never_arrived' };
    }
    if (!charge) throw new TypeError(`A look-up of a ${call} needs the charge that it was about.`);
    if (call === 'refund') {
      const refund = await findRefund(this.stripe, charge, idempotencyKey);
      return refund ? refundAnswer(refund) : { type: 'never_arrived' };
    }
    const intent = await this.stripe.paymentIntents.retrieve(charge);
    return call === 'capture' ? captureLookUp(intent, idempotencyKey) : releaseLookUp(intent, 'already_captured');
  }

  private findCharge(idempotencyKey: string, sentAt: Date): Promise<Stripe.PaymentIntent | undefined> {
    return findCharge(this.stripe, idempotencyKey, sentAt, this.clock.now());
  }

  /**
   * What came of a call whose key Stripe may have forgotten: under it, Stripe would act once more. Unknown if Stripe
   * does not tell; undefined if it has no such call. Captures, voids and cancels need none: the state refuses them.
   */
  private async earlierAnswer(
    { idempotencyKey, startedAt }: Pick<ChargeRequest, 'idempotencyKey' | 'startedAt'>,
    what: Pick<ProviderInquiry, 'call' | 'charge'>,
  ): Promise<ProviderAnswer | undefined> {
    if (this.clock.now().getTime() - startedAt.getTime() < KEY_SURELY_KEPT_FOR) return undefined;
    const found = await this.lookUp({ ...what, idempotencyKey, sentAt: startedAt });
    return found.type === 'never_arrived' ? undefined : found;
  }

  /** Refuses, before sending anything, an amount that Stripe does not take or that would be rounded. */
  private async inStripesUnit(
    request: Money,
    call: Call,
    send: (amount: number) => Promise<ProviderAnswer>,
  ): Promise<ProviderAnswer> {
    const decline = call === 'charge' ? chargeDecline(request) : stepDecline(request);
    if (decline) return { type: 'declined', code: decline, providerCode: null };
    return settled(call, () => send(toStripe(request)));
  }

  /**
   * Sent without a key of ours: under a key, Stripe repeats an old answer, even a 500, after the state has changed; and
   * a second cancel does no harm.
   */
  private async release(charge: string, tooLate: 'already_captured' | 'too_late'): Promise<ProviderAnswer> {
    const canceled = this.stripe.paymentIntents.cancel(charge);
    const found = releaseLookUp(await this.orItsState(canceled, charge), tooLate);
    return found.type === 'never_arrived' ? { type: 'unknown', reason: 'not_released' } : found;
  }

  /**
   * A charge that is not found may still be under way. The service takes its key first: Stripe refuses the same key
   * with other parameters (docs.stripe.com/api/idempotent_requests). It uses a PaymentIntent that no customer can pay,
   * and cancels it at once.
   */
  private async takeKeyOf({ chargeKey, operationId }: CancelRequest): Promise<string> {
    const metadata = { [METADATA.operation]: operationId, [METADATA.key]: chargeKey };
    const params = {
      amount: 100,
      currency: 'usd',
      description: 'Canceled before it arrived; nothing was charged.',
      metadata,
    };
    return (await this.stripe.paymentIntents.create(params, under({ idempotencyKey: chargeKey }))).id;
  }

  private async orItsState(call: Promise<Stripe.PaymentIntent>, charge: string): Promise<Stripe.PaymentIntent> {
    try {
      return await call;
    } catch (error) {
      if (!isRefusedForItsState(error)) throw error;
      return this.stripe.paymentIntents.retrieve(charge);
    }
  }

  /** A replayed answer shows a past state. If Stripe cannot be read anew, the replayed one is returned. */
  private asItIsNow(intent: Stripe.PaymentIntent): Promise<Stripe.PaymentIntent> {
    return this.stripe.paymentIntents.retrieve(intent.id).catch(() => intent);
  }
}

/** The last `t`, as Stripe's library parses it. */
const signedAt = (signature: string) => Number(/.*(?:^|,)t=(\d+)/.exec(signature)?.[1] ?? NaN);

const under = ({ idempotencyKey }: { idempotencyKey: string }) => ({ idempotencyKey });

/** The answer, or what its error means. */
async function settled(call: Call, send: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
  try {
    return await send();
  } catch (error) {
    return errorAnswer(error, call);
  }
}

/** With the fetch transport, `lastResponse` is fetch's Response, whatever its type says. */
const isReplayed = ({ lastResponse }: Stripe.Response<unknown>) =>
  (lastResponse as unknown as Response).headers.get('idempotent-replayed') === 'true';

function chargeParams(request: ChargeRequest, amount: number): Stripe.PaymentIntentCreateParams {
  const {
    currency,
    paymentMethod,
    capture,
    offSession,
    customer,
    description,
    returnUrl,
    operationId,
    idempotencyKey,
  } = request;
  const mayLeave = returnUrl !== undefined && !offSession;
  return {
    amount,
    currency: currency.toLowerCase(),
    confirm: true,
    payment_method: paymentMethod,
    capture_method: capture ? 'automatic' : 'manual',
    // Without a page to return to, the customer acts in the shop's page, through Stripe's script.
    automatic_payment_methods: mayLeave ? { enabled: true } : { enabled: true, allow_redirects: 'never' },
    ...(mayLeave && { return_url: returnUrl }),
    ...(offSession && { off_session: true }),
    ...(customer !== undefined && { customer }),
    ...(description !== undefined && { description }),
    metadata: { [METADATA.operation]: operationId, [METADATA.key]: idempotencyKey },
  };
}

function refundParams(
  { charge, reason, operationId, idempotencyKey }: RefundRequest,
  amount: number,
): Stripe.RefundCreateParams {
  const metadata = { [METADATA.operation]: operationId, [METADATA.key]: idempotencyKey };
  if (reason === undefined) return { payment_intent: charge, amount, metadata };
  return REASONS.has(reason)
    ? { payment_intent: charge, amount, metadata, reason }
    : { payment_intent: charge, amount, metadata: { ...metadata, [METADATA.reason]: reason } };
}
