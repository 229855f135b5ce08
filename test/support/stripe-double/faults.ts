import type { Gate } from '../gate.js';

/** A fault of a request: before Stripe executes it, or afterwards. */
export type Fault =
  /** The connection breaks. */
  | { type: 'cut'; when: 'before' | 'after' }
  /** Stripe never answers. */
  | { type: 'silent'; when: 'before' | 'after' }
  /** Stripe answers this instead. An answer after it has begun, such as a 500, is kept under the key. */
  | { type: 'answered'; status: 409 | 429 | 500 | 503; when: 'before' | 'begun' | 'after' }
  /** Stripe answers 200 with a text that is not JSON, with empty JSON, with an unknown status, or with these fields. */
  | { type: 'garbled'; into: 'garbage' | 'empty' | 'strange_status' | { fields: object }; when: 'after' }
  /** Stripe answers after a delay, once it has begun. */
  | { type: 'slow'; ms: number }
  /** Once Stripe has begun, it waits at the gate. */
  | { type: 'held'; at: Gate };

interface Planned {
  on: string;
  fault: Fault;
}

/** The planned faults, each for the next request that matches. */
export class Faults {
  private readonly planned: Planned[] = [];

  /** `on`: the start of method and path, such as `POST /v1/refunds`. */
  plan(on: string, ...faults: Fault[]): void {
    this.planned.push(...faults.map((fault) => ({ on, fault })));
  }

  /** Plans nothing any more. */
  forget(): void {
    this.planned.length = 0;
  }

  next(request: string): Fault | undefined {
    const at = this.planned.findIndex(({ on }) => request.startsWith(on));
    return at < 0 ? undefined : this.planned.splice(at, 1)[0]?.fault;
  }
}
