import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import type { OperationRef } from '../../operations/domain/operation.js';
import type { EnteredMovement, Payment } from './ledger-entries.js';
import { PaymentLedger } from './payment-ledger.js';
import { PaymentNotFound } from '../providers/provider-errors.js';

const minor = (description: string) =>
  z
    .int()
    .min(0)
    .meta({ description: `${description}, in the currency’s minor unit.` });

const movementView = z.object({
  type: z.enum(['capture', 'void', 'refund', 'dispute']),
  amount: minor('Moved'),
  origin: z.enum(['operation', 'provider']).meta({
    description:
      'provider: made there without us, in its dashboard or by the cardholder’s bank, and found by comparing.',
  }),
  operationId: z
    .uuidv7()
    .nullable()
    .meta({ description: 'The operation that has moved it; null where none of ours has.' }),
  reference: z.string().nullable().meta({ description: 'The provider’s name of it.' }),
  doneAt: z.iso.datetime().meta({ description: 'When it was moved, or found.' }),
});

/** The money of a charge, as clients see it. */
export const paymentView = z
  .object({
    chargeOperationId: z.uuidv7(),
    provider: z.string(),
    reference: z
      .string()
      .nullable()
      .meta({ description: 'The provider’s name of the charge; null until an answer contains it.' }),
    currency: z.string().meta({ description: 'ISO 4217.' }),
    status: z
      .enum(['nothing_taken', 'authorized', 'captured', 'partially_refunded', 'refunded', 'voided', 'disputed'])
      .meta({
        description:
          'nothing_taken: not yet, or never; the operation’s status says which. disputed: a dispute has taken money, ' +
          'and is not won.',
      }),
    authorized: minor('Authorized'),
    captured: minor('Captured'),
    refunded: minor('Refunded'),
    disputed: minor('Taken back by disputes that are open or lost, which cannot be refunded'),
    voidedAt: z.iso.datetime().nullable(),
    sentAt: z.iso.datetime().meta({ description: 'When it was first sent to the provider.' }),
    updatedAt: z.iso.datetime(),
    movements: z
      .array(movementView)
      .meta({ description: 'What has moved money of it since it was charged, oldest first.' }),
  })
  .meta({ id: 'Payment', description: 'The money of a charge, as its provider reports it.' });

export type PaymentView = z.output<typeof paymentView>;

/** @throws PaymentNotFound */
export class GetPayment extends Query<PaymentView> {
  constructor(readonly charge: OperationRef) {
    super();
  }
}

@QueryHandler(GetPayment)
export class GetPaymentHandler implements IQueryHandler<GetPayment> {
  constructor(private readonly ledger: PaymentLedger) {}

  async execute({ charge }: GetPayment): Promise<PaymentView> {
    const chargeOperationId = charge.id;
    const { payment, movements } = await this.ledger.account(charge);
    if (!payment) throw PaymentNotFound.of(chargeOperationId);
    const { provider, reference, currency, authorized, captured, refunded, disputed, voidedAt, sentAt, updatedAt } =
      payment;
    return {
      chargeOperationId,
      provider,
      reference,
      currency,
      authorized,
      captured,
      refunded,
      disputed,
      status: statusOf(payment),
      voidedAt: voidedAt?.toISOString() ?? null,
      sentAt: sentAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
      movements: movements.flatMap(viewOf),
    };
  }
}

/** Empty for a movement that is not done. */
function viewOf({ type, amount, operationId, reference, doneAt }: EnteredMovement): z.output<typeof movementView>[] {
  const origin = operationId ? 'operation' : 'provider';
  return doneAt ? [{ type, amount, origin, operationId, reference, doneAt: doneAt.toISOString() }] : [];
}

function statusOf({ authorized, captured, refunded, disputed, voidedAt }: Payment): PaymentView['status'] {
  if (voidedAt) return 'voided';
  if (authorized === 0) return 'nothing_taken';
  if (disputed > 0) return 'disputed';
  if (captured === 0) return 'authorized';
  if (refunded === 0) return 'captured';
  return refunded < captured ? 'partially_refunded' : 'refunded';
}
