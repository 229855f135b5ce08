import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  failed,
  type LookUp,
  neverArrived,
  type Outcome,
  pending,
  succeeded,
  TerminalError,
  unknown,
} from '../../operations/kinds/outcome.js';
import { StaleOperation } from '../../operations/domain/operation-errors.js';
import { DomainError } from '../../errors/domain-error.js';
import { InvalidInput } from '../../errors/invalid-input.js';
import { startOf } from './operation-start-time.js';
import { declined, unknownOf } from './provider-outcomes.js';
import type { DeclineCode } from '../providers/declines.js';
import { understood } from '../providers/answer-check.js';
import { amount, currency } from '../providers/money.js';
import { keyOf } from '../ledger/movement-key.js';
import type {
  CaptureRequest,
  PaymentProvider,
  ProviderAnswer,
  ProviderLookUp,
  RefundRequest,
} from '../providers/payment-provider.js';
import { refusedIfTaken } from '../ledger/reference-taken.js';
import { expectSame, notOfThis, notSo, verified } from '../ledger/resolution-check.js';
import type { Verification } from '../../operations/kinds/operation-kind.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import type { Movement, Payment, Reservation, Wanted } from '../ledger/ledger-entries.js';
import { PaymentLedger } from '../ledger/payment-ledger.js';

/** The input field of every movement: the charge whose money it moves. */
export const chargeOperationId = z
  .uuidv7('expected the id of an operation of the kind payment.charge')
  .toLowerCase()
  .meta({ description: 'The charge’s operation.' });

/** The fields of every movement's result. */
export const movementResult = {
  provider: z.string(),
  reference: z.string().meta({ description: 'The provider’s name of it.' }),
  chargeOperationId: z.uuidv7(),
  amount,
  currency,
};

export type MovementResult = z.output<z.ZodObject<typeof movementResult>>;

/** All of it: references, amounts and ids. */
export const KEPT_OF_MOVEMENTS = ['provider', 'reference', 'chargeOperationId', 'amount', 'currency'] as const;

/** The call of a movement to its provider. */
export type Ask = (provider: PaymentProvider, request: CaptureRequest & RefundRequest) => Promise<ProviderAnswer>;

/** Moves a charge's money: reserves it in the payment ledger, calls the provider, and records the result. */
@Injectable()
export class Movements {
  constructor(
    private readonly providers: PaymentProviders,
    private readonly ledger: PaymentLedger,
  ) {}

  /** Checks whether the tenant could reserve it now. @throws DomainError */
  admit(wanted: Wanted, tenant: string): Promise<void> {
    return this.ledger.check(wanted, tenant);
  }

  /** For a charge that has succeeded. */
  move(reservation: Reservation, ask: Ask): Promise<Outcome<MovementResult>> {
    return this.moveReserved(() => this.ledger.reserve(reservation), ask);
  }

  /** For a charge that succeeded although its operation ended otherwise. */
  reverse(reservation: Reservation, ask: Ask): Promise<Outcome<MovementResult>> {
    return this.moveReserved(() => this.ledger.reserveReversal(reservation), ask);
  }

  async lookUp(operationId: string): Promise<LookUp<MovementResult>> {
    const movement = await this.ledger.movement(operationId);
    // The reservation is durable before anything is sent.
    if (!movement) return neverArrived();
    const payment = await this.paymentOf(movement);
    const found = await this.ask(movement, payment);
    return found.type === 'never_arrived' ? neverArrived() : this.outcome(found, movement, payment);
  }

  /** Checks that the operator found the reserved movement. @throws InvalidInput */
  async checkResolution({
    operationId,
    result,
  }: {
    operationId: string;
    result: MovementResult;
  }): Promise<Verification> {
    const movement = await this.ledger.movement(operationId);
    if (!movement)
      throw InvalidInput.because([{ path: 'outcome', message: 'expected {status: "failed"}: nothing was ever sent' }]);
    const payment = await this.paymentOf(movement);
    const { provider, currency } = payment;
    const { amount, chargeOperationId, type } = movement;
    expectSame(result, { provider, currency, amount, chargeOperationId });
    await this.ledger.expectUnnamed({ provider, type, reference: result.reference, operationId });
    return verified(async () => {
      const found = await this.ask(movement, payment);
      if (found.type === 'declined' || found.type === 'never_arrived')
        throw notSo(`of this ${type} it says ${found.type}`);
      if (found.type !== 'succeeded') return 'reason' in found ? found.reason : found.type;
      if (found.reference !== result.reference) throw notOfThis(`${provider} has made ${found.reference}`);
      return undefined;
    });
  }

  /** Records the movement after an operator found that it succeeded. */
  resolved(operationId: string, { reference }: { reference: string }): Promise<void> {
    return refusedIfTaken(this.ledger.complete({ operationId, reference }));
  }

  private async moveReserved(reserve: () => Promise<Movement>, ask: Ask): Promise<Outcome<MovementResult>> {
    let movement: Movement;
    try {
      movement = await reserve();
    } catch (error) {
      if (error instanceof StaleOperation) throw error;
      // The reason to refuse arose after the start.
      if (error instanceof DomainError) return failed({ code: error.code, message: error.message, retryable: false });
      throw error;
    }
    const payment = await this.paymentOf(movement);
    const { operationId, amount } = movement;
    const { currency } = payment;
    const call = { operationId, idempotencyKey: keyOf(movement), startedAt: startOf(operationId) };
    const request = { ...call, charge: referenceOf(payment), currency, amount };
    const answer = await ask(await this.providers.of(payment), request);
    return this.outcome(understood(answer, { amount, currency }), movement, payment);
  }

  private async outcome(
    answer: ProviderAnswer,
    movement: Movement,
    payment: Payment,
  ): Promise<Outcome<MovementResult>> {
    const { operationId, amount, chargeOperationId } = movement;
    switch (answer.type) {
      case 'succeeded': {
        const { reference } = answer;
        const { provider, currency } = payment;
        const storedWith = this.ledger.completed({ operationId, reference });
        return { ...succeeded({ provider, reference, chargeOperationId, amount, currency }), storedWith };
      }
      case 'declined':
        await this.ledger.revert(operationId);
        // The ledger admitted the movement, so money may have moved at the provider without us.
        if (CONTRADICTS_LEDGER.has(answer.code)) await this.ledger.reconcileSoon(chargeOperationId);
        return declined(answer);
      case 'pending':
        await this.ledger.name(operationId, answer.reference);
        return pending('pending_at_provider');
      case 'action_required':
        return unknown('action_required');
      case 'unknown':
        return unknownOf(answer);
    }
  }

  private async ask(movement: Movement, payment: Payment): Promise<ProviderLookUp> {
    const { type: call, reservedAt: sentAt, amount } = movement;
    const { currency } = payment;
    const inquiry = { call, idempotencyKey: keyOf(movement), charge: referenceOf(payment), sentAt };
    const found = await (await this.providers.of(payment)).lookUp(inquiry);
    return understood(found, { amount, currency });
  }

  private async paymentOf({ chargeOperationId }: Movement): Promise<Payment> {
    const payment = await this.ledger.payment(chargeOperationId);
    if (!payment)
      throw new Error(
        `Expected the payment of charge ${chargeOperationId}, of which something is reserved; found none.`,
      );
    return payment;
  }
}

const CONTRADICTS_LEDGER = new Set<DeclineCode>([
  'already_captured',
  'already_refunded',
  'amount_too_large',
  'authorization_gone',
  'refund_failed',
]);

function referenceOf({ chargeOperationId, reference }: Payment): string {
  if (reference) return reference;
  throw new TerminalError(
    'reference_missing',
    `The provider’s name of the charge ${chargeOperationId} is not known, without which nothing can be moved.`,
  );
}
