import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Batcher } from '../../database/batcher.js';
import { alone, type Companion } from '../../database/companion.js';
import { blamesARow, Database } from '../../database/database.js';
import { TenantReads } from '../../database/tenant-reads.js';
import type { Transaction } from '../../database/transaction.js';
import type { OperationRef } from '../../operations/domain/operation.js';
import { StaleOperation } from '../../operations/domain/operation-errors.js';
import type { OutcomeCompanion } from '../../operations/kinds/outcome.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import {
  changeOf,
  type Completion,
  type Differences,
  type EnteredMovement,
  type Finding,
  type Movement,
  type Opening,
  type Payment,
  type Reservation,
  type Wanted,
} from './ledger-entries.js';
import { AmountExceedsPayment, AuthorizationNotOpen, ChargeNotFound, ChargeNotSuccessful } from './payment-errors.js';
import type { MovementType } from './movement.entity.js';
import { ReferenceTaken, unknownIfTaken } from './reference-taken.js';
import { notOfThis } from './resolution-check.js';
import {
  COMPLETE,
  ENTER,
  FIND_BY_REFERENCE,
  FIND_CHARGE,
  FIND_HOLDER,
  FIND_MOVEMENT,
  FIND_PAYMENT,
  HOLD_OPERATION,
  IS_AT_PROVIDER,
  LOCK,
  LOCK_PAYMENT,
  MOVEMENTS_OF_CHARGE,
  MOVEMENTS_OF_TENANT,
  NAME_MOVEMENT,
  OPEN,
  OPEN_WITH_CLAIM,
  openingsAs,
  PAYMENT_OF_TENANT,
  RECONCILE_SOON,
  RECONCILED,
  RECORD,
  RESERVE,
  SET_DONE,
  TAKE_DUE,
  REVERT,
  UNEXPECTED,
} from './payment-ledger.sql.js';

/** A payment with its charge's state and the reservations of unfinished operations. */
interface Charge extends Payment {
  status: string;
  reserved: number;
  /** An unfinished operation that captures or voids. */
  closedBy: string | null;
}

const LARGEST_BATCH = 500;
/** Most operations that the audit handles at a time. */
export const LARGEST_PAGE = 500;

/**
 * The ledger of the money: authorized, captured, refunded, voided. Openings and reservations are durable before the
 * provider is called. The provider's answer is stored with the operation's step: if a crash loses both, a worker looks
 * the operation up.
 */
@Injectable()
@StopsIn('answers')
export class PaymentLedger {
  private readonly options = {
    largest: LARGEST_BATCH,
    mostWaiting: Infinity,
    blamesARow,
    keyOf: (row: { chargeOperationId: string }) => row.chargeOperationId,
  };
  private readonly inserts = new Batcher((openings: Opening[]) => this.openAll(openings), this.options);

  constructor(
    private readonly database: Database,
    private readonly reads: TenantReads,
  ) {}

  /** The payment of a charge; inserts it if it is new. Its provider never changes. */
  open(opening: Opening): Promise<Payment> {
    return this.inserts.submit(opening);
  }

  /** As `open`, for a charge that is claimed for the first time: to be stored with the claim. */
  opened(opening: Opening): Companion<Opening> {
    return { statement: OPEN_WITH_CLAIM, row: opening };
  }

  /** @throws ReferenceTaken */
  async record(finding: Finding): Promise<void> {
    await ReferenceTaken.guarding(finding.reference, this.database.durable.query(alone(RECORD, finding)));
  }

  /** As `record`, to be stored with the outcome. */
  recorded(finding: Finding): OutcomeCompanion {
    return { statement: RECORD, row: finding, insteadOf: (error) => unknownIfTaken(error, finding.reference) };
  }

  async payment(chargeOperationId: string): Promise<Payment | undefined> {
    const { rows } = await this.database.durable.query<Payment>({ ...FIND_PAYMENT, values: [chargeOperationId] });
    return rows[0];
  }

  async movement(operationId: string): Promise<Movement | undefined> {
    const { rows } = await this.database.durable.query<Movement>({ ...FIND_MOVEMENT, values: [operationId] });
    return rows[0];
  }

  /** False also for an operation that is no payment, or was sent to another account at the provider. */
  async isAt(provider: string, operationId: string): Promise<boolean> {
    const { rowCount } = await this.database.durable.query({ ...IS_AT_PROVIDER, values: [provider, operationId] });
    return (rowCount ?? 0) > 0;
  }

  /** The operation whose charge or movement has this reference. */
  async operationOf(provider: string, reference: string): Promise<string | undefined> {
    const { rows } = await this.database.durable.query<{ operationId: string }>({
      ...FIND_BY_REFERENCE,
      values: [provider, reference],
    });
    return rows[0]?.operationId;
  }

  /** Checks that no other operation has this reference. @throws InvalidInput */
  async expectUnnamed(given: {
    provider: string;
    type: 'charge' | MovementType;
    reference: string;
    operationId: string;
  }): Promise<void> {
    const values = [given.provider, given.type, given.reference, given.operationId];
    const { rows } = await this.database.durable.query<{ operationId: string }>({ ...FIND_HOLDER, values });
    if (rows[0]) throw notOfThis(`it is the ${given.type} of operation ${rows[0].operationId}`);
  }

  /** Checks whether the tenant could reserve it now. @throws as `reserve` */
  async check(reservation: Wanted, tenant: string): Promise<void> {
    const { rows } = await this.database.durable.query<Charge>({
      ...FIND_CHARGE,
      values: [reservation.chargeOperationId, null, tenant],
    });
    amountOf(expectSuccess(rows[0], reservation.chargeOperationId), reservation);
  }

  /**
   * Reserves an amount; reservations of one charge are serialized. Idempotent: a second call returns the first one.
   * @throws ChargeNotFound, ChargeNotSuccessful, AmountExceedsPayment, AuthorizationNotOpen, StaleOperation
   */
  reserve(reservation: Reservation): Promise<Movement> {
    return this.reserving(reservation, (charge) => expectSuccess(charge, reservation.chargeOperationId));
  }

  /** As `reserve`, for a charge that succeeded although its operation ended otherwise. */
  reserveReversal(reservation: Reservation): Promise<Movement> {
    return this.reserving(reservation, (charge) => expectCharge(charge, reservation.chargeOperationId));
  }

  /** Stores the provider's reference of a movement that is not done yet. */
  async name(operationId: string, reference: string): Promise<void> {
    await this.database.relaxed.query({ ...NAME_MOVEMENT, values: [operationId, reference] });
  }

  /** The movement did not happen after all. Idempotent. */
  async revert(operationId: string): Promise<void> {
    await this.database.relaxed.query({ ...REVERT, values: [operationId] });
  }

  /**
   * Operations that ended since then without success although they moved money; the oldest ones, up to LARGEST_PAGE.
   */
  async unexpectedSince(then: Date): Promise<{ id: string; finishedAt: Date }[]> {
    const values = [then, LARGEST_PAGE];
    return (await this.database.durable.query<{ id: string; finishedAt: Date }>({ ...UNEXPECTED, values })).rows;
  }

  /** A payment with its movements and reservations, in one snapshot. */
  account({ id, tenant }: OperationRef): Promise<{ payment: Payment | undefined; movements: EnteredMovement[] }> {
    return this.reads.withTenant(tenant, async (manager) => {
      const [payment] = await manager.query<Payment[]>(PAYMENT_OF_TENANT, [id, tenant]);
      const movements = payment ? await manager.query<EnteredMovement[]>(MOVEMENTS_OF_TENANT, [id, tenant]) : [];
      return { payment, movements };
    });
  }

  /**
   * Compares the ledger of a charge with the provider's state read since `readAt`, under a lock, and enters the
   * differences.
   * @returns undefined if the ledger has changed since `readAt`: the provider's state may be older.
   * @throws ReferenceTaken
   */
  reconcile<T extends Differences>(
    { chargeOperationId, updatedAt }: Payment,
    compare: (payment: Payment, movements: readonly EnteredMovement[]) => T,
  ): Promise<T | undefined> {
    return this.database.transaction(async (client) => {
      const [payment] = (await client.query<Payment>({ ...LOCK_PAYMENT, values: [chargeOperationId] })).rows;
      if (payment?.updatedAt.getTime() !== updatedAt.getTime()) return undefined;
      const { rows } = await client.query<EnteredMovement>({ ...MOVEMENTS_OF_CHARGE, values: [chargeOperationId] });
      const differences = compare(payment, rows);
      const { enter, takeBack, restore } = differences;
      for (const { type, amount, reference } of enter) {
        const values = [uuidv7(), chargeOperationId, payment.provider, type, amount, reference];
        await ReferenceTaken.guarding(reference ?? '', client.query({ ...ENTER, values }));
      }
      for (const { id } of takeBack) await client.query({ ...SET_DONE, values: [id, false] });
      for (const { id, reference } of restore)
        await ReferenceTaken.guarding(reference ?? '', client.query({ ...SET_DONE, values: [id, true] }));
      const changes = enter.length + takeBack.length + restore.length > 0;
      const values = [
        chargeOperationId,
        changeOf(differences, 'capture'),
        changeOf(differences, 'refund'),
        changeOf(differences, 'dispute'),
        Math.sign(changeOf(differences, 'void')),
        changes,
      ];
      await client.query({ ...RECONCILED, values });
      return differences;
    });
  }

  /** Makes the charge due for the next reconciliation. */
  async reconcileSoon(chargeOperationId: string): Promise<void> {
    await this.database.durable.query({ ...RECONCILE_SOON, values: [chargeOperationId] });
  }

  /** Due charges of a provider; if it cannot be asked, they are due again in ten minutes. */
  async takeDue(provider: string, most: number): Promise<string[]> {
    const { rows } = await this.database.durable.query<{ chargeOperationId: string }>({
      ...TAKE_DUE,
      values: [provider, most],
    });
    return rows.map(({ chargeOperationId }) => chargeOperationId);
  }

  /** Records that the provider has made the movement. Idempotent. @throws ReferenceTaken */
  async complete(completion: Completion): Promise<void> {
    await ReferenceTaken.guarding(completion.reference, this.database.durable.query(alone(COMPLETE, completion)));
  }

  /** As `complete`, to be stored with the outcome. */
  completed(completion: Completion): OutcomeCompanion {
    return { statement: COMPLETE, row: completion, insteadOf: (error) => unknownIfTaken(error, completion.reference) };
  }

  async stop(): Promise<void> {
    await this.inserts.drained();
  }

  private reserving(reservation: Reservation, expected: (charge: Charge | undefined) => Charge): Promise<Movement> {
    const { operationId, fence, chargeOperationId, type } = reservation;
    return this.database.transaction(async (client) => {
      await client.query({ ...LOCK, values: [chargeOperationId] });
      const { rowCount } = await client.query({ ...HOLD_OPERATION, values: [operationId, fence] });
      if (rowCount !== 1) throw StaleOperation.unfinished(operationId, fence);
      const earlier = await earlierOf(client, operationId);
      // A reversal with nothing left to void refunds instead.
      if (earlier && (earlier.doneAt || earlier.type === type)) return earlier;
      const { rows } = await client.query<Charge>({ ...FIND_CHARGE, values: [chargeOperationId, operationId, null] });
      const amount = amountOf(expected(rows[0]), reservation);
      const { rows: reserved } = await client.query<Movement>({
        ...RESERVE,
        values: [operationId, chargeOperationId, type, amount],
      });
      return reserved[0] as Movement;
    });
  }

  private async openAll(openings: Opening[]): Promise<Payment[]> {
    const { rows } = await this.database.durable.query<Payment>({ ...OPEN, values: openingsAs(openings) });
    const payments = new Map(rows.map((payment) => [payment.chargeOperationId, payment]));
    return openings.map(({ chargeOperationId }) => payments.get(chargeOperationId) as Payment);
  }
}

async function earlierOf(client: Transaction, operationId: string): Promise<Movement | undefined> {
  const { rows } = await client.query<Movement>({ ...FIND_MOVEMENT, values: [operationId] });
  return rows[0];
}

function expectCharge(charge: Charge | undefined, id: string): Charge {
  if (!charge) throw ChargeNotFound.withId(id);
  return charge;
}

function expectSuccess(charge: Charge | undefined, id: string): Charge {
  const { status } = expectCharge(charge, id);
  if (status !== 'success') throw ChargeNotSuccessful.of(id, status);
  return charge as Charge;
}

function amountOf(charge: Charge, { chargeOperationId: id, type, amount }: Wanted): number {
  const left =
    type === 'refund' ? charge.captured - charge.refunded - charge.disputed - charge.reserved : charge.authorized;
  if (type !== 'refund') {
    if (charge.captured > 0) throw AuthorizationNotOpen.of(id, 'it is captured');
    if (charge.voidedAt) throw AuthorizationNotOpen.of(id, 'it is voided');
    if (charge.closedBy) throw AuthorizationNotOpen.of(id, `operation ${charge.closedBy} is capturing or voiding it`);
  }
  if (left <= 0 || (amount ?? 0) > left) throw AmountExceedsPayment.of(id, amount, Math.max(left, 0), charge.currency);
  return amount ?? left;
}
