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
    amount: amount
      .optional()
      .meta({ description: 'In the currency’s minor unit; left out, all that is authorized. The rest is released.' }),
  })
  .meta({ id: 'PaymentCaptureInput' });

const result = z.strictObject(movementResult).meta({ id: 'PaymentCaptureResult' });

type Capture = z.output<typeof input>;
type Receipt = z.output<typeof result>;

/** Takes authorized money, in full or in part, once. */
@Kind({
  name: 'payment.capture',
  summary: 'Capture an authorized charge',
  input,
  result,
  timeLimitMs: 30 * SECONDS,
  needs: 'payments:capture',
  keeps: { input: ['chargeOperationId', 'amount'], result: KEPT_OF_MOVEMENTS },
  examples: {
    'all of it': { summary: 'All that is authorized', input: { chargeOperationId: EXAMPLE_OPERATION } },
    'a part': {
      summary: 'A part; the rest is released',
      input: { chargeOperationId: EXAMPLE_OPERATION, amount: 1500 },
    },
  },
})
export class PaymentCapture extends MovementKind implements OperationKind<typeof input, typeof result> {
  stake({ amount: moved = Infinity }: Capture): number {
    return moved;
  }

  admit(capture: Capture, tenant: string): Promise<void> {
    return this.movements.admit({ ...capture, type: 'capture' }, tenant);
  }

  execute({ operationId, fence, input: capture }: Execution<Capture>): Promise<Outcome<Receipt>> {
    const reservation = { operationId, fence, ...capture, type: 'capture' } as const;
    return this.movements.move(reservation, (provider, request) => provider.capture(request));
  }
}
