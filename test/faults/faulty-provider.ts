import { setTimeout as wait } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { RetryableError } from '../../src/operations/kinds/outcome.js';
import type { PaymentProvider, ProviderAnswer, ProviderLookUp } from '../../src/payments/providers/payment-provider.js';
import type { Service } from '../support/service.js';
import { loseWorkers } from '../support/work.js';

/** The faults of a call to a provider. */
export const FAULTS = [
  'none',
  /** The call never arrives, and its outcome is unknown. */
  'lost',
  /** The call has its effect, and its answer never arrives. */
  'answer_lost',
  /** The call surely never arrives. */
  'refused',
  /** The call has its effect, and an unexpected error is thrown. */
  'broken',
  'slow',
  /** The call has its effect; meanwhile another worker takes over, and the answer arrives late. */
  'worker_lost',
] as const;
export type Fault = (typeof FAULTS)[number];

type Answer = ProviderAnswer | ProviderLookUp;

const CALLS = ['charge', 'capture', 'void', 'refund', 'cancel', 'lookUp'] as const;
const SLOW_MS = 80;
const LATE_MS = 700;

/** Intercepts a provider's calls. A call's fault is fixed by its key and by the number of calls under it. */
export class FaultyProvider {
  private plan: readonly Fault[] = [];
  private readonly calls = new Map<string, number>();
  /** The position of each operation in the order of starts, by id. */
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

  /** Begins a plan; `places` maps operations to their positions. */
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
    // After its end, a plan lets every call pass, so that all operations end.
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
