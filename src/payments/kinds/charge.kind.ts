import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../clock/clock.js';
import type { Companion } from '../../database/companion.js';
import {
  type Execution,
  type FirstAttempt,
  type Inquiry,
  Kind,
  type OperationKind,
  type Reconciliation,
  type Verification,
  type Resolution,
} from '../../operations/kinds/operation-kind.js';
import {
  actionRequired,
  type LookUp,
  neverArrived,
  type Outcome,
  pending,
  RetryableError,
  succeeded,
  unknown,
  type Cancellation,
  canceled,
} from '../../operations/kinds/outcome.js';
import { InvalidInput } from '../../errors/invalid-input.js';
import { chargeInput as input, chargeOffer } from './charge-input.js';
import { declined, unknownOf } from './provider-outcomes.js';
import { understood, understoodState } from '../providers/answer-check.js';
import { amount, currency } from '../providers/money.js';
import { expectSame, notOfThis, verified } from '../ledger/resolution-check.js';
import type { CancelRequest, Declined, ProviderAnswer, ProviderInquiry } from '../providers/payment-provider.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import { ProviderAccountMissing } from '../providers/provider-errors.js';
import { asOpened, type Finding, type Opening, type Payment } from '../ledger/ledger-entries.js';
import { PaymentLedger } from '../ledger/payment-ledger.js';
import { PaymentReconciliation } from '../ledger/payment-reconciliation.js';
import { refusedIfTaken, unknownIfTaken } from '../ledger/reference-taken.js';
import { startOf } from './operation-start-time.js';
import { HOURS, SECONDS } from '../../time/durations.js';

const result = z
  .strictObject({
    provider: z.string(),
    reference: z.string().meta({ description: 'The provider’s name of the charge.' }),
    amount,
    currency,
    captured: z.boolean().meta({ description: 'false: it is authorized, to be captured or voided.' }),
  })
  .meta({ id: 'PaymentChargeResult' });

type Charge = z.output<typeof input>;
type Receipt = z.output<typeof result>;
type OfTenant = Pick<Inquiry<Charge>, 'operationId' | 'tenant'>;

/** Charges a payment method once. */
@Kind({
  name: 'payment.charge',
  summary: 'Charge a payment method',
  input,
  result,
  timeLimitMs: 30 * SECONDS,
  expiresIn: (24 * HOURS) / SECONDS,
  // What a look-up and a comparison with the provider need.
  keeps: {
    input: ['amount', 'currency', 'capture'],
    result: ['provider', 'reference', 'amount', 'currency', 'captured'],
  },
  examples: {},
})
export class PaymentCharge implements OperationKind<typeof input, typeof result, Opening> {
  private readonly logger = new Logger(PaymentCharge.name);

  constructor(
    private readonly providers: PaymentProviders,
    private readonly ledger: PaymentLedger,
    private readonly reconciliation: PaymentReconciliation,
    private readonly clock: Clock,
  ) {}

  offer() {
    return chargeOffer(this.providers.chosen.paymentMethods);
  }

  stake({ amount: charged }: Charge): number {
    return charged;
  }

  async admit({ paymentMethod }: Charge, tenant: string): Promise<void> {
    const { pattern, description } = this.providers.chosen.paymentMethods;
    if (!pattern.test(paymentMethod))
      throw InvalidInput.because([{ path: 'input.paymentMethod', message: `expected ${description}` }]);
    await this.providers.chosenFor(tenant);
  }

  async opening(attempt: FirstAttempt<Charge>, now: Date): Promise<Companion<Opening> | undefined> {
    const opening = await this.findOpening(attempt, attempt.input, now);
    return opening && this.ledger.opened(opening);
  }

  async execute({
    operationId,
    tenant,
    input: charge,
    opening,
  }: Execution<Charge, Opening>): Promise<Outcome<Receipt>> {
    const payment = opening ? asOpened(opening) : await this.open({ operationId, tenant }, charge, this.clock.now());
    const provider = await this.providers.of(payment);
    const answer = await provider.charge({
      operationId,
      idempotencyKey: operationId,
      startedAt: startOf(operationId),
      ...charge,
    });
    return this.outcome(answer, payment, charge);
  }

  async lookUp({ operationId, tenant, input: charge }: Inquiry<Charge>): Promise<LookUp<Receipt>> {
    const payment = await this.open({ operationId, tenant }, charge, startOf(operationId));
    // The charge has taken effect; what happens to the money later does not change that.
    if (payment.authorized > 0) return succeeded(receiptOf(payment, charge));
    const found = await (await this.providers.of(payment)).lookUp(inquiryOf(payment, payment.reference));
    return found.type === 'never_arrived' ? neverArrived() : this.outcome(found, payment, charge);
  }

  async cancel({ operationId, tenant, input: charge }: Inquiry<Charge>): Promise<Cancellation<Receipt>> {
    const payment = await this.open({ operationId, tenant }, charge, startOf(operationId));
    const answer = await (await this.providers.of(payment)).cancel(cancelOf(payment, payment.reference));
    if (answer.type === 'succeeded') return canceled();
    if (answer.type === 'unknown') return unknownOf(answer);
    return this.lookUp({ operationId, tenant, input: charge, signal: new AbortController().signal });
  }

  /** Checks the amount, and that the provider knows the charge as this operation's. */
  async checkResolution({
    operationId,
    tenant,
    input: charge,
    result: receipt,
  }: Resolution<Charge, Receipt>): Promise<Verification> {
    const payment = await this.open({ operationId, tenant }, charge, startOf(operationId));
    const { provider } = payment;
    const { amount, currency, capture: captured } = charge;
    expectSame(receipt, { provider, amount, currency, captured });
    await this.ledger.expectUnnamed({ provider, type: 'charge', reference: receipt.reference, operationId });
    return verified(async () => {
      const inspected = (await this.providers.of(payment)).inspect({ charge: receipt.reference, currency });
      const state = understoodState(await inspected, receipt.reference);
      if (state.type === 'not_found') throw notOfThis(`${provider} has no charge ${receipt.reference}`);
      if (state.type !== 'found') return state.reason;
      if (state.operationId === null) return `${provider} keeps no operation with ${receipt.reference}`;
      if (state.operationId !== operationId)
        throw notOfThis(`${provider} has it as the charge of ${state.operationId}`);
      const there = { amount: state.authorized, currency: state.currency, captured: captured && state.captured > 0 };
      expectSame(there, { amount, currency, captured });
      return undefined;
    });
  }

  async resolved({ operationId, tenant, input: charge, result: receipt }: Resolution<Charge, Receipt>): Promise<void> {
    const payment = await this.open({ operationId, tenant }, charge, startOf(operationId));
    await refusedIfTaken(this.ledger.record(findingOf(payment, receipt)));
  }

  reconcile({ operationId }: Inquiry<Charge>): Promise<Reconciliation> {
    return this.reconciliation.reconcile(operationId);
  }

  compensation(operationId: string) {
    return { kind: 'payment.reversal', input: { chargeOperationId: operationId } };
  }

  /** @throws RetryableError if nothing was sent yet, and the tenant has no account: an operator can still add it. */
  private async open(of: OfTenant, charge: Charge, sentAt: Date): Promise<Payment> {
    const opening = await this.findOpening(of, charge, sentAt);
    if (opening) return this.ledger.open(opening);
    const known = await this.ledger.payment(of.operationId);
    if (known) return known;
    throw new RetryableError('provider_not_set_up', ProviderAccountMissing.at(this.providers.chosen.name).message);
  }

  /** Undefined if the tenant has no account. */
  private async findOpening(of: OfTenant, { currency }: Charge, sentAt: Date): Promise<Opening | undefined> {
    const chosen = await this.providers.findChosenFor(of.tenant);
    if (!chosen) return undefined;
    const { name: provider, account } = chosen;
    return { chargeOperationId: of.operationId, provider, account, currency, sentAt };
  }

  /** Cancels the declined charge before it fails: the customer could still pay it with another card. */
  private async failOnceCanceled(answer: Declined, payment: Payment, charge: Charge): Promise<Outcome<Receipt>> {
    const reference = answer.reference ?? payment.reference;
    try {
      // Before the cancel, so that a later look-up finds the charge by its reference.
      if (answer.reference) await this.ledger.record(findingOf(payment, { reference: answer.reference }));
      const canceled = await (await this.providers.of(payment)).cancel(cancelOf(payment, reference));
      if (canceled.type === 'succeeded') return declined(answer);
      if (canceled.type === 'unknown') return unknownOf(canceled);
      const found = await (await this.providers.of(payment)).lookUp(inquiryOf(payment, reference));
      if (found.type === 'never_arrived') return unknown('charge_not_found');
      return found.type === 'declined' ? unknown('not_canceled') : await this.outcome(found, payment, charge);
    } catch (error) {
      const instead = unknownIfTaken(error, reference ?? '');
      if (instead) return instead;
      this.logger.warn({
        msg: 'a declined charge could not be canceled yet',
        operationId: payment.chargeOperationId,
        err: error,
      });
      return unknown('not_canceled');
    }
  }

  private async outcome(given: ProviderAnswer, payment: Payment, charge: Charge): Promise<Outcome<Receipt>> {
    const { amount: asked, currency, capture } = charge;
    const answer = understood(given, { amount: asked, currency, capture, reference: payment.reference });
    const recorded = (reported: Reported) => ({ storedWith: this.ledger.recorded(findingOf(payment, reported)) });
    switch (answer.type) {
      case 'succeeded': {
        const { reference, amount, captured = charge.capture } = answer;
        const receipt = { provider: payment.provider, reference, amount, currency: charge.currency, captured };
        return { ...succeeded(receipt), ...recorded(receipt) };
      }
      case 'declined': {
        const { reference } = answer;
        if (answer.payable) return this.failOnceCanceled(answer, payment, charge);
        return { ...declined(answer), ...(reference && recorded({ reference })) };
      }
      case 'action_required':
        return { ...actionRequired(answer.nextAction), ...recorded(answer) };
      case 'pending':
        return { ...pending('pending_at_provider'), ...recorded(answer) };
      case 'unknown':
        return unknownOf(answer);
    }
  }
}

/** What the provider reports; without an amount, nothing has moved yet. */
type Reported = Partial<Receipt> & Pick<Receipt, 'reference'>;

const findingOf = (
  { chargeOperationId, provider, account, currency, sentAt }: Payment,
  { reference, amount = 0, captured = false }: Reported,
): Finding => ({
  chargeOperationId,
  provider,
  account,
  currency,
  sentAt,
  reference,
  authorized: amount,
  captured: captured ? amount : 0,
});

const inquiryOf = ({ chargeOperationId, sentAt }: Payment, charge: string | null): ProviderInquiry => ({
  call: 'charge',
  idempotencyKey: chargeOperationId,
  charge,
  sentAt,
});

const cancelOf = ({ chargeOperationId, sentAt }: Payment, charge: string | null): CancelRequest => ({
  operationId: chargeOperationId,
  idempotencyKey: `${chargeOperationId}:cancel`,
  startedAt: startOf(chargeOperationId),
  chargeKey: chargeOperationId,
  charge,
  sentAt,
});

const receiptOf = ({ provider, reference, authorized }: Payment, { currency, capture }: Charge): Receipt => ({
  provider,
  reference: reference ?? '',
  amount: authorized,
  currency,
  captured: capture,
});
