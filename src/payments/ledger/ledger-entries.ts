import type { MovementEntity, MovementType } from './movement.entity.js';
import type { PaymentEntity } from './payment.entity.js';

export type Payment = Readonly<PaymentEntity>;
/** A movement by one of our operations. */
export type Movement = Readonly<MovementEntity & { operationId: string; type: MovementType }>;

/** A movement, ours or not; one of ours with the state of its operation. */
export interface EnteredMovement extends Readonly<MovementEntity> {
  moverStatus: string | null;
  isMoverDone: boolean;
}

/** Movements that the provider reports and the ledger lacks. */
export interface Differences {
  /** Made without us. */
  enter: readonly Pick<EnteredMovement, 'type' | 'amount' | 'reference'>[];
  /** Made without us, and reverted since. */
  takeBack: readonly EnteredMovement[];
  /** Reverted, and valid again. */
  restore: readonly EnteredMovement[];
}

/** A charge before it is sent. */
export interface Opening {
  chargeOperationId: string;
  provider: string;
  /** The account at the provider, if the provider has told it by now. */
  account: string | null;
  currency: string;
  sentAt: Date;
}

/** What the provider has reported of a charge. A stale report reduces no amount. */
export interface Finding extends Opening {
  reference: string;
  authorized: number;
  captured: number;
}

/** The provider has made the movement that an operation reserved. */
export interface Completion {
  operationId: string;
  reference: string;
}

/** A movement that an operation reserves; without an amount, of everything left. */
export interface Reservation {
  operationId: string;
  /** The attempt's fence: it moves nothing once another worker has claimed the operation. */
  fence: number;
  chargeOperationId: string;
  type: MovementType;
  amount?: number | undefined;
}

/** A movement that a client asks for, before its operation exists. */
export type Wanted = Omit<Reservation, 'operationId' | 'fence'>;

/** The payment of an opening that was stored with the claim. */
export const asOpened = ({ chargeOperationId, provider, account, currency, sentAt }: Opening): Payment => ({
  chargeOperationId,
  provider,
  account,
  currency,
  sentAt,
  updatedAt: sentAt,
  reference: null,
  authorized: 0,
  captured: 0,
  refunded: 0,
  disputed: 0,
  voidedAt: null,
  reconcileAt: null,
});

/** By how much differences change what the ledger has of a type of movement. */
export const changeOf = ({ enter, takeBack, restore }: Differences, type: EnteredMovement['type']): number =>
  totalOf([...enter, ...restore], type) - totalOf(takeBack, type);

export const totalOf = (movements: Differences['enter'], type: EnteredMovement['type']): number =>
  movements.filter((movement) => movement.type === type).reduce((total, { amount }) => total + amount, 0);
