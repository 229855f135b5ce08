import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { type Payment, PaymentBook } from '../persistence/payment-book.js';
import { PaymentNotFound } from '../refusals.js';

const minor = (description: string) =>
  z
    .int()
    .min(0)
    .meta({ description: `${description}, in the currency’s minor unit.` });

/** What has become of the money of a charge. */
export const paymentView = z
  .object({
    chargeOperationId: z.uuidv7(),
    provider: z.string(),
    reference: z.string().nullable().meta({ description: 'The provider’s name of the charge; null until an answer has told it.' }),
    currency: z.string().meta({ description: 'ISO 4217.' }),
    status: z
      .enum(['nothing_taken', 'authorised', 'captured', 'partially_refunded', 'refunded', 'voided'])
      .meta({ description: 'nothing_taken: not yet, or never; the operation tells which.' }),
    authorised: minor('Authorised'),
    captured: minor('Captured'),
    refunded: minor('Refunded'),
    voidedAt: z.iso.datetime().nullable(),
    sentAt: z.iso.datetime().meta({ description: 'When it was first sent to the provider.' }),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Payment', description: 'What has become of the money of a charge, as its provider has told it.' });

export type PaymentView = z.output<typeof paymentView>;

/** @throws PaymentNotFound */
export class GetPayment extends Query<PaymentView> {
  constructor(readonly chargeOperationId: string) {
    super();
  }
}

@QueryHandler(GetPayment)
export class GetPaymentHandler implements IQueryHandler<GetPayment> {
  constructor(private readonly book: PaymentBook) {}

  async execute({ chargeOperationId }: GetPayment): Promise<PaymentView> {
    const payment = await this.book.payment(chargeOperationId);
    if (!payment) throw PaymentNotFound.of(chargeOperationId);
    const { provider, reference, currency, authorised, captured, refunded, voidedAt, sentAt, updatedAt } = payment;
    return {
      chargeOperationId,
      provider,
      reference,
      currency,
      authorised,
      captured,
      refunded,
      status: statusOf(payment),
      voidedAt: voidedAt?.toISOString() ?? null,
      sentAt: sentAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    };
  }
}

function statusOf({ authorised, captured, refunded, voidedAt }: Payment): PaymentView['status'] {
  if (voidedAt) return 'voided';
  if (authorised === 0) return 'nothing_taken';
  if (captured === 0) return 'authorised';
  if (refunded === 0) return 'captured';
  return refunded < captured ? 'partially_refunded' : 'refunded';
}
