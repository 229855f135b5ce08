import { z } from 'zod';
import { EXAMPLE_OPERATION } from '../../operations/contract/example-operation.js';
import { type Execution, Kind, type OperationKind } from '../../operations/kinds/operation-kind.js';
import type { Outcome } from '../../operations/kinds/outcome.js';
import { amount } from '../providers/money.js';
import { MovementKind } from './movement-kind.js';
import { chargeOperationId, KEPT_OF_MOVEMENTS, movementResult } from './movements.js';
import { SECONDS } from '../../time/durations.js';

const input = z
  .strictObject({
    chargeOperationId,
    amount: amount.optional().meta({ description: 'In the currency’s minor unit; left out, all that is left.' }),
    reason: z.string().min(1).max(200).optional(),
  })
  .meta({ id: 'PaymentRefundInput' });

const result = z.strictObject(movementResult).meta({ id: 'PaymentRefundResult' });

type Refund = z.output<typeof input>;
type Receipt = z.output<typeof result>;

/** Refunds a charge, in full or in part; never more than was captured, however many refunds run at once. */
@Kind({
  name: 'payment.refund',
  summary: 'Refund a charge, all or a part of it',
  input,
  result,
  timeLimitMs: 30 * SECONDS,
  needs: 'payments:refund',
  keeps: { input: ['chargeOperationId', 'amount'], result: KEPT_OF_MOVEMENTS },
  examples: {
    'all of it': {
      summary: 'All that is left',
      input: { chargeOperationId: EXAMPLE_OPERATION, reason: 'Returned by the customer' },
    },
    'a part': { summary: 'A part', input: { chargeOperationId: EXAMPLE_OPERATION, amount: 500 } },
  },
})
export class PaymentRefund extends MovementKind implements OperationKind<typeof input, typeof result> {
  stake({ amount: moved = Infinity }: Refund): number {
    return moved;
  }

  admit(refund: Refund, tenant: string): Promise<void> {
    return this.movements.admit({ ...refund, type: 'refund' }, tenant);
  }

  execute({ operationId, fence, input: { reason, ...refund } }: Execution<Refund>): Promise<Outcome<Receipt>> {
    const reservation = { operationId, fence, ...refund, type: 'refund' } as const;
    return this.movements.move(reservation, (provider, request) => provider.refund({ ...request, reason }));
  }
}
