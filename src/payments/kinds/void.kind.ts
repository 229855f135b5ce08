import { z } from 'zod';
import { EXAMPLE_OPERATION } from '../../operations/contract/example-operation.js';
import { type Execution, Kind, type OperationKind } from '../../operations/kinds/operation-kind.js';
import type { Outcome } from '../../operations/kinds/outcome.js';
import { MovementKind } from './movement-kind.js';
import { chargeOperationId, KEPT_OF_MOVEMENTS, movementResult } from './movements.js';
import { SECONDS } from '../../time/durations.js';

const input = z.strictObject({ chargeOperationId }).meta({ id: 'PaymentVoidInput' });

const result = z.strictObject(movementResult).meta({ id: 'PaymentVoidResult' });

type Void = z.output<typeof input>;
type Receipt = z.output<typeof result>;

/** Releases authorized money that will not be captured. */
@Kind({
  name: 'payment.void',
  summary: 'Void an authorized charge',
  input,
  result,
  timeLimitMs: 30 * SECONDS,
  needs: 'payments:capture',
  keeps: { input: ['chargeOperationId'], result: KEPT_OF_MOVEMENTS },
  examples: { 'an authorization': { summary: 'Released', input: { chargeOperationId: EXAMPLE_OPERATION } } },
})
export class PaymentVoid extends MovementKind implements OperationKind<typeof input, typeof result> {
  stake(): number {
    return Infinity;
  }

  admit({ chargeOperationId }: Void, tenant: string): Promise<void> {
    return this.movements.admit({ chargeOperationId, type: 'void' }, tenant);
  }

  execute({ operationId, fence, input: { chargeOperationId } }: Execution<Void>): Promise<Outcome<Receipt>> {
    const reservation = { operationId, fence, chargeOperationId, type: 'void' } as const;
    return this.movements.move(reservation, (provider, request) => provider.void(request));
  }
}
