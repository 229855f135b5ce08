import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import type { OperationRecord, OperationRef } from '../domain/operation.js';
import { isEnding } from '../domain/operation-status.js';
import { KindRegister } from '../kinds/kind-register.js';
import type { Reconciliation } from '../kinds/operation-reconciler.js';
import type { LookUp } from '../kinds/outcome.js';
import { OperationReader } from '../persistence/operation.reader.js';
import { JobReassignment } from '../persistence/job-reassignment.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { inquiryNow } from './provider-inquiry.js';
import { StartOperation } from './start-operation.command.js';

/**
 * The provider has reported a change: the service looks up an unfinished operation now, and compares an ended one with
 * the provider.
 */
export class ReconcileOperation extends Command<Reconciliation> {
  constructor(readonly operationId: string) {
    super();
  }
}

@CommandHandler(ReconcileOperation)
export class ReconcileOperationHandler implements ICommandHandler<ReconcileOperation> {
  private readonly logger = new Logger(ReconcileOperation.name);

  constructor(
    private readonly operations: OperationRepository,
    private readonly jobs: JobReassignment,
    private readonly reader: OperationReader,
    private readonly kinds: KindRegister,
    private readonly commands: CommandBus,
    private readonly clock: Clock,
  ) {}

  async execute({ operationId }: ReconcileOperation): Promise<Reconciliation> {
    const operation = await this.reader.findById(operationId);
    if (!operation) return 'unknown';
    if (isEnding(operation.status)) return this.compare(operation);
    const { nextAttemptAt } = operation;
    const now = this.clock.now();
    if (nextAttemptAt === null) return 'not_yet';
    // A worker looks up a due operation anyway; a claimed one may have been claimed before this event.
    return nextAttemptAt <= now || (await this.jobs.expedite(operationId, now)) ? 'reconciled' : 'not_yet';
  }

  /**
   * Records an answer that contradicts the ending. An unexpected success is compensated; anything else needs attention.
   */
  private async compare(operation: OperationRecord): Promise<Reconciliation> {
    const { id, status } = operation;
    const kind = this.kinds.get(operation.kind);
    const { handler } = kind;
    if (!handler.lookUp) return 'reconciled';
    const { inquiry, inTime } = inquiryNow(operation, kind);
    const found = await this.operations.saveFound(await inTime(handler.lookUp(inquiry)));
    if (found.type === 'unknown' && found.unexplained) {
      await this.callForAPerson(operation, [found.unexplained]);
      return 'reconciled';
    }
    // The provider does not know yet: this notice may be about that very change.
    if (found.type === 'unknown' || found.type === 'pending') return 'not_yet';
    if (contradicts(status, found)) {
      const compensation = found.type === 'succeeded' ? handler.compensation?.(id) : undefined;
      const reversedBy = compensation && (await this.compensate(operation, compensation));
      await this.record(id, { answer: found.type, ...(reversedBy && { reversedBy }) });
    }
    const compared = handler.reconcile && (await inTime(handler.reconcile(inquiry)));
    if (compared?.type === 'unknown') return 'not_yet';
    if (compared && compared.unexplained.length > 0) await this.callForAPerson(operation, compared.unexplained);
    return 'reconciled';
  }

  private async callForAPerson(
    { id: operationId, kind }: OperationRecord,
    unexplained: readonly string[],
  ): Promise<void> {
    this.logger.warn({
      msg: 'what is kept differs from what is true elsewhere, unexplained',
      operationId,
      kind,
      unexplained,
    });
    await this.record(operationId, { answer: 'books_differ', unexplained });
  }

  /** Idempotent: repeated notices start one compensation. */
  private async compensate(
    { id, tenant }: OperationRef,
    { kind, input }: { kind: string; input: Record<string, unknown> },
  ): Promise<string> {
    const request = { kind, input, metadata: { reverses: id } };
    const by = { tenant, internally: true } as const;
    const { operation } = await this.commands.execute(
      new StartOperation(request, { by, idempotencyKey: compensationKeyOf(id) }),
    );
    return operation.id;
  }

  private async record(operationId: string, detail: Record<string, unknown>): Promise<void> {
    await this.operations.updateById(operationId, async (operation) => {
      const recorded = await this.reader.detailsOf(operationId, 'operation.answered_late');
      // Records each finding once.
      if (recorded.some((earlier) => isDeepStrictEqual(earlier, detail))) return;
      const now = this.clock.now();
      operation.recordLateAnswer(detail, 'reversedBy' in detail ? null : now, now);
    });
  }
}

/** Not printable ASCII, so no client can have used the key. */
const compensationKeyOf = (id: string) => `↩ ${id}`;

function contradicts(status: string, { type }: LookUp): boolean {
  return status === 'success' ? type === 'failed' : type === 'succeeded';
}
