import { setTimeout as wait } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { RetryableError } from '../../src/operations/kinds/outcome.js';
import type { PaymentProvider, ProviderAnswer, ProviderLookUp } from '../../src/payments/providers/payment-provider.js';
import type { Service } from '../support/service.js';
import { loseWorkers } from '../support/work.js';

/** What can happen to a call of a provider. */
export const FAULTS = [
  'none',
  /** It never arrives, and nobody knows that. */
  'lost',
  /** It has its effect, and the answer never arrives. */
  'answer_lost',
  /** It surely never arrives. */
  'refused',
  /** It has its effect, and something unforeseen is thrown. */
  'broken',
  'slow',
  /** It has its effect; meanwhile the worker is taken for dead, another takes over, and the answer comes late. */
  'worker_lost',
] as const;
export type Fault = (typeof FAULTS)[number];

type Answer = ProviderAnswer | ProviderLookUp;

const CALLS = ['charge', 'capture', 'void', 'refund', 'cancel', 'lookUp'] as const;
const SLOW_MS = 80;
const LATE_MS = 700;

/**
 * Puts itself before a provider's calls. Which fault a call meets is fixed by its key and by how many calls there were
 * under it.
 */
export class FaultyProvider {
  private plan: readonly Fault[] = [];
  private readonly calls = new Map<string, number>();
  /** The order in which the test has started operations, by their ids. */
  private readonly places = new Map<string, number>();

  constructor(
    provider: PaymentProvider,
    private readonly service: Service,
  ) {
    for (const name of CALLS) {
      const call = provider[name].bind(provider);
      jest
        .spyOn(provider, name as 'charge')
        .mockImplementation(((request: { idempotencyKey: string }) =>
          this.meet(this.next(request.idempotencyKey), () => call(request as never))) as never);
    }
  }

  /** From now on; `places` tells which operation is the how-manieth. */
  begin(plan: readonly Fault[]): void {
    this.plan = plan;
    this.calls.clear();
    this.places.clear();
  }

  place(operationId: string): void {
    this.places.set(operationId, this.places.size);
  }

  private next(key: string): Fault {
    const count = this.calls.get(key) ?? 0;
    this.calls.set(key, count + 1);
    const place = this.places.get(key.split(':')[0] ?? '') ?? this.places.size;
    // A plan that has run out lets everything pass, so that all comes to an end.
    return count * 7 + place < this.plan.length ? (this.plan[count * 7 + place] ?? 'none') : 'none';
  }

  private async meet(fault: Fault, call: () => Promise<Answer>): Promise<Answer> {
    switch (fault) {
      case 'none':
        return call();
      case 'lost':
        return { type: 'unknown', reason: 'request_lost' };
      case 'answer_lost':
        await call();
        return { type: 'unknown', reason: 'answer_lost' };
      case 'refused':
        throw new RetryableError('provider_unavailable', 'Away.');
      case 'broken':
        await call();
        throw new TypeError('Unexpected token < in JSON at position 0');
      case 'slow':
        await wait(SLOW_MS);
        return call();
      case 'worker_lost': {
        const answer = await call();
        await loseWorkers(this.service).catch(() => undefined);
        await wait(LATE_MS);
        return answer;
      }
    }
  }
}
