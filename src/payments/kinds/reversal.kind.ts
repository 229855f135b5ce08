import { z } from 'zod';
import { type Execution, type Inquiry, Kind, type OperationKind } from '../../operations/kinds/operation-kind.js';
import { type LookUp, neverArrived, type Outcome, RetryableError } from '../../operations/kinds/outcome.js';
import { MovementKind } from './movement-kind.js';
import { chargeOperationId, KEPT_OF_MOVEMENTS, movementResult, Movements } from './movements.js';
import { PaymentLedger } from '../ledger/payment-ledger.js';
import { PaymentReconciliation } from '../ledger/payment-reconciliation.js';
import { SECONDS } from '../../time/durations.js';

/** With waits of up to a minute, some 25 minutes: a short outage of the provider needs no operator. */
const PATIENCE = 30;

const input = z.strictObject({ chargeOperationId }).meta({ id: 'PaymentReversalInput' });

const result = z.strictObject(movementResult).meta({ id: 'PaymentReversalResult' });

type Reversal = z.output<typeof input>;
type Receipt = z.output<typeof result>;

/**
 * Gives back the money of a charge that took effect after its operation had ended otherwise: voids, or else refunds it.
 */
@Kind({
  name: 'payment.reversal',
  summary: 'Reverse a charge that took effect after it had ended otherwise',
  input,
  result,
  timeLimitMs: 30 * SECONDS,
  mostAttempts: PATIENCE,
  internal: true,
  failureNeedsAttention: true,
  keeps: { input: ['chargeOperationId'], result: KEPT_OF_MOVEMENTS },
  examples: {},
})
export class PaymentReversal extends MovementKind implements OperationKind<typeof input, typeof result> {
  constructor(
    private readonly ledger: PaymentLedger,
    private readonly reconciliation: PaymentReconciliation,
    movements: Movements,
  ) {
    super(movements);
  }

  async execute({ operationId, fence, input: { chargeOperationId } }: Execution<Reversal>): Promise<Outcome<Receipt>> {
    const payment = await this.ledger.payment(chargeOperationId);
    const reservation = { operationId, fence, chargeOperationId };
    if (payment?.captured === 0) {
      const outcome = await this.movements.reverse({ ...reservation, type: 'void' }, (provider, request) =>
        provider.void(request),
      );
      if (!isTooLateToVoid(outcome)) return outcome;
      const { type } = await this.reconciliation.reconcile(chargeOperationId);
      if (type === 'unknown')
        throw new RetryableError('provider_unavailable', 'How much was captured is not known yet.');
    }
    return this.movements.reverse({ ...reservation, type: 'refund' }, (provider, request) => provider.refund(request));
  }

  override async lookUp(inquiry: Inquiry<Reversal>): Promise<LookUp<Receipt>> {
    const found = await super.lookUp(inquiry);
    // The next attempt finds the same state and refunds.
    return isTooLateToVoid(found) ? neverArrived() : found;
  }
}

const isTooLateToVoid = (outcome: LookUp) => outcome.type === 'failed' && outcome.failure.code === 'already_captured';
