import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { type Reconciliation, OperationReconciler } from '../../operations/kinds/operation-reconciler.js';
import { validate as isUuid } from 'uuid';
import { PaymentLedger } from '../ledger/payment-ledger.js';
import type { ProviderEventEntity } from './provider-event.entity.js';
import { FIND_UNHANDLED, MARK_HANDLED } from './provider-event.sql.js';

/** The event cannot be handled yet: its operation is unknown or claimed by a worker. BullMQ repeats the job. */
export class TooEarly extends Error {
  static for(type: string, name: string | null, reconciliation: Exclude<Reconciliation, 'reconciled'>): TooEarly {
    const why = {
      not_yet: 'a worker has claimed the operation, or the provider cannot tell yet',
      unknown: 'no such operation is known',
    }[reconciliation];
    return new TooEarly(`${type} of ${name}: ${why}. It is looked at again.`);
  }
}

/**
 * Looks up the operation of a provider's event. The outcome in the event is ignored, so that neither order nor age
 * matters.
 * @throws TooEarly
 */
export class HandleProviderEvent extends Command<void> {
  constructor(
    readonly provider: string,
    readonly eventId: string,
  ) {
    super();
  }
}

type Unhandled = Pick<ProviderEventEntity, 'type' | 'operationId' | 'reference'>;

@CommandHandler(HandleProviderEvent)
export class HandleProviderEventHandler implements ICommandHandler<HandleProviderEvent> {
  constructor(
    private readonly database: Database,
    private readonly ledger: PaymentLedger,
    private readonly reconciler: OperationReconciler,
    private readonly clock: Clock,
  ) {}

  async execute({ provider, eventId: id }: HandleProviderEvent): Promise<void> {
    const { rows } = await this.database.durable.query<Unhandled>({ ...FIND_UNHANDLED, values: [provider, id] });
    if (!rows[0]) return;
    const { operationId, reference, type } = rows[0];
    const named = operationId
      ? await this.ofThisAccount(provider, operationId)
      : reference && (await this.ledger.operationOf(provider, reference));
    const reconciliation = named ? await this.reconciler.reconcile(named) : 'unknown';
    if (reconciliation !== 'reconciled') throw TooEarly.for(type, operationId ?? reference, reconciliation);
    await this.database.durable.query({ ...MARK_HANDLED, values: [provider, id, this.clock.now()] });
  }

  /** Another system that shares the provider's account, and another tenant at its own, may name any id. */
  private async ofThisAccount(provider: string, operationId: string): Promise<string | undefined> {
    return isUuid(operationId) && (await this.ledger.isAt(provider, operationId)) ? operationId : undefined;
  }
}
