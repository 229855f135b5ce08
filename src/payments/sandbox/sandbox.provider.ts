import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { RetryableError } from '../../operations/kinds/outcome.js';
import { type ChargeAnswer, type ChargeLookUp, type ChargeRequest, PaymentProvider } from '../payment-provider.js';
import { type LedgerEntry, SandboxLedger, type Verdict } from './sandbox-ledger.js';
import { PAYMENT_METHODS, type Script } from './payment-methods.js';

/** A provider for trying things out: it behaves as a remote party that is scripted by the payment method, and moves no money. */
@Injectable()
export class SandboxProvider extends PaymentProvider {
  readonly name = 'sandbox';

  constructor(
    private readonly ledger: SandboxLedger,
    @Inject(CONFIG) private readonly config: RunningConfig,
  ) {
    super();
  }

  override async charge(request: ChargeRequest): Promise<ChargeAnswer> {
    const script = PAYMENT_METHODS[request.paymentMethod]?.script ?? { does: 'decline', code: 'payment_method_unknown' };
    await this.travel(script);
    const entry = await this.ledger.record(request, verdictOf(script));
    if (!entry)
      throw new Error(`The idempotency key ${request.idempotencyKey} was used for another charge. Use a new key for a new charge.`);
    if (entry.outcome === 'busy') throw new RetryableError('provider_unavailable', 'The payment provider could not be reached.');
    if (script.does === 'lose' && entry.requests === 1) return { type: 'unknown', reason: 'answer_lost' };
    return answerOf(entry);
  }

  override async lookUpCharge(idempotencyKey: string): Promise<ChargeLookUp> {
    await this.travel();
    const entry = await this.ledger.find(idempotencyKey);
    return !entry || entry.outcome === 'busy' ? { type: 'never_arrived' } : answerOf(entry);
  }

  private async travel(script?: Script): Promise<void> {
    const takes = script?.does === 'charge' ? (script.takesMs ?? 0) : 0;
    const latency = this.config.SANDBOX_LATENCY_MS + takes;
    if (latency > 0) await wait(latency);
  }
}

function verdictOf(script: Script): Verdict {
  switch (script.does) {
    case 'charge':
      return { outcome: 'charged' };
    case 'decline':
      return { outcome: 'declined', declineCode: script.code };
    case 'refuse':
      return { outcome: 'busy', turnsAway: script.times };
    case 'lose':
      return script.outcome === 'charged' ? { outcome: 'charged' } : { outcome: 'declined', declineCode: 'processing_error' };
  }
}

function answerOf({ outcome, reference, declineCode }: LedgerEntry): ChargeAnswer {
  return outcome === 'charged' ? { type: 'charged', reference } : { type: 'declined', code: declineCode ?? 'card_declined' };
}
