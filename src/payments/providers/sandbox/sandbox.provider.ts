import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../../config/config.js';
import type { NextAction } from '../../../operations/domain/operation-events.js';
import { RetryableError } from '../../../operations/kinds/outcome.js';
import { PublicAddress } from '../../../address/public-address.js';
import { chargeDecline } from '../currencies.js';
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
} from '../payment-provider.js';
import { SANDBOX_OUTCOMES } from './sandbox-charge.entity.js';
import { SANDBOX_EXAMPLES, type Script, scriptOf } from './payment-methods.js';
import {
  type SandboxCharge,
  type SandboxMovement,
  type MovementRequest,
  SandboxLedger,
  type Verdict,
} from './sandbox-ledger.js';
import { RULES } from './sandbox-rules.js';
import { SandboxWebhooks } from './sandbox-webhooks.js';
import { SECONDS } from '../../../time/durations.js';

const LIE_MS = 1 * SECONDS;

/** A provider for trials: behaves like a remote party, as scripted by the payment method, and moves no money. */
@Injectable()
export class SandboxProvider extends PaymentProvider {
  readonly name = 'sandbox';
  readonly paymentMethods = {
    pattern: /^pm_\w{1,100}$/,
    description: 'a payment method’s token, such as pm_card_visa',
    examples: SANDBOX_EXAMPLES,
  };
  readonly live = false;

  constructor(
    private readonly ledger: SandboxLedger,
    private readonly webhooks: SandboxWebhooks,
    private readonly address: PublicAddress,
    @Inject(CONFIG.payments) private readonly config: Pick<Config['payments'], 'sandbox'>,
  ) {
    super();
  }

  override async charge(request: ChargeRequest): Promise<ProviderAnswer> {
    const decline = chargeDecline(request);
    if (decline) return { type: 'declined', code: decline, providerCode: null };
    const script = scriptOf(request.paymentMethod);
    await this.travel(script);
    const verdict = verdictOn(script, request);
    const entry = await this.ledger.record(request, verdict);
    if (!entry) throw keyUsed(request.idempotencyKey);
    if (entry.outcome === 'busy' && script.does === 'lose_request') return { type: 'unknown', reason: 'request_lost' };
    if (entry.outcome === 'busy')
      throw new RetryableError('provider_unavailable', 'The payment provider could not be reached.');
    if (entry.outcome === 'pending' && entry.requests === 1)
      this.webhooks.sendLater(entry.reference, verdict.completesInMs ?? 0);
    if (script.does === 'lose' && entry.requests === 1) return { type: 'unknown', reason: 'answer_lost' };
    return this.answerOf(entry);
  }

  override capture(request: CaptureRequest): Promise<ProviderAnswer> {
    return this.move({ ...request, type: 'capture' });
  }

  override void(request: VoidRequest): Promise<ProviderAnswer> {
    return this.move({ ...request, type: 'void', amount: null });
  }

  override refund(request: RefundRequest): Promise<ProviderAnswer> {
    return this.move({ ...request, type: 'refund' });
  }

  override async cancel({ chargeKey }: CancelRequest): Promise<ProviderAnswer> {
    await this.travel();
    const found = await this.ledger.find({ idempotencyKey: chargeKey });
    const script = scriptOf(found?.paymentMethod ?? '');
    const lies = script.does === 'ask' && script.lies === true;
    const entry = await this.ledger.cancel(chargeKey, lies ? LIE_MS : null);
    if (lies && found?.outcome === 'waiting') this.webhooks.sendLater(entry.reference, LIE_MS);
    return answerOfCancel(entry);
  }

  override async lookUp({ call, idempotencyKey }: ProviderInquiry): Promise<ProviderLookUp> {
    await this.travel();
    if (call === 'charge') {
      const entry = await this.ledger.find({ idempotencyKey });
      return !entry || entry.outcome === 'busy' ? { type: 'never_arrived' } : this.answerOf(entry);
    }
    const movement = await this.ledger.findMovement(idempotencyKey);
    return movement ? answerOfMovement(movement, call) : { type: 'never_arrived' };
  }

  override async inspect({ charge }: ChargeReference): Promise<Inspection> {
    await this.travel();
    const entry = await this.ledger.find({ reference: charge });
    if (!entry) return { type: 'not_found' };
    if (!SANDBOX_OUTCOMES.includes(entry.outcome))
      return { type: 'not_understood', reason: `outcome ${entry.outcome} of ${charge}` };
    const { reference, idempotencyKey: operationId, currency, amount, outcome, captured } = entry;
    const found = await this.ledger.movementsOf(charge);
    const strange = found.find(({ type }) => !Object.hasOwn(RULES, type));
    if (strange) return { type: 'not_understood', reason: `movement ${strange.type} of ${charge}` };
    const movements = found.map(({ idempotencyKey, type, reference, amount, takenBackAt }) => ({
      idempotencyKey,
      type,
      reference,
      amount,
      stands: takenBackAt === null,
    }));
    return {
      type: 'found',
      reference,
      operationId,
      currency,
      authorized: outcome === 'charged' ? amount : 0,
      captured,
      movements,
    };
  }

  override readWebhook(webhook: IncomingWebhook): ProviderEvent {
    return this.webhooks.read(webhook);
  }

  private async move(request: MovementRequest): Promise<ProviderAnswer> {
    await this.travel();
    const movement = await this.ledger.move(request);
    if (!movement) throw keyUsed(request.idempotencyKey);
    return answerOfMovement(movement, request.type);
  }

  private answerOf(entry: SandboxCharge): ProviderAnswer {
    const { reference, outcome, declineCode, amount, currency, captured } = entry;
    switch (outcome) {
      case 'charged':
        return { type: 'succeeded', reference, amount, currency, captured: captured > 0 };
      case 'waiting':
        return { type: 'action_required', reference, nextAction: this.nextActionOf(entry) };
      case 'pending':
        return { type: 'pending', reference };
      case 'canceled':
        return { type: 'declined', reference, code: 'canceled_at_provider', providerCode: outcome };
      case 'declined':
        return { type: 'declined', reference, code: declineCode ?? 'card_declined', providerCode: declineCode };
      default:
        return statusUnknown(outcome);
    }
  }

  private nextActionOf({ paymentMethod, token }: SandboxCharge): NextAction {
    const script = scriptOf(paymentMethod);
    if (script.does === 'ask' && script.on === 'shop')
      return { type: 'confirm', clientData: { provider: this.name, clientSecret: token ?? '' } };
    return { type: 'redirect', url: `${this.address.url}/sandbox/authenticate/${token}` };
  }

  private async travel(script?: Script): Promise<void> {
    const takes = script?.does === 'charge' ? (script.takesMs ?? 0) : 0;
    const latency = this.config.sandbox.latencyMs + takes;
    if (latency > 0) await wait(latency);
  }
}

function verdictOn(script: Script, { offSession }: ChargeRequest): Verdict {
  switch (script.does) {
    case 'charge':
      return { outcome: 'charged' };
    case 'decline':
      return { outcome: 'declined', declineCode: script.code };
    case 'refuse':
      return { outcome: 'busy', turnsAway: script.times };
    case 'lose_request':
      return { outcome: 'busy', turnsAway: 1 };
    case 'lose':
      return script.outcome === 'charged'
        ? { outcome: 'charged' }
        : { outcome: 'declined', declineCode: 'processing_error' };
    case 'ask':
      return offSession ? { outcome: 'declined', declineCode: 'authentication_required' } : { outcome: 'waiting' };
    case 'complete_later':
      return { outcome: 'pending', completesInMs: script.afterMs };
  }
}

/** The answer for a charge that had not taken effect; a declined one never will either. */
function answerOfCancel({ outcome, reference, amount }: SandboxCharge): ProviderAnswer {
  if (outcome === 'charged') return { type: 'declined', code: 'too_late', providerCode: outcome };
  return outcome === 'canceled' || outcome === 'declined'
    ? { type: 'succeeded', reference, amount }
    : statusUnknown(outcome);
}

function answerOfMovement(
  { type, reference, amount, declineCode }: SandboxMovement,
  asked: SandboxMovement['type'],
): ProviderAnswer {
  if (type !== asked) return statusUnknown(type);
  if (declineCode) return { type: 'declined', code: declineCode, providerCode: declineCode };
  return { type: 'succeeded', reference, amount };
}

const statusUnknown = (providerCode: string) => ({ type: 'unknown', reason: 'status_unknown', providerCode }) as const;

const keyUsed = (key: string) =>
  new Error(`The idempotency key ${key} was used for something else. Use a new key for a new call.`);
