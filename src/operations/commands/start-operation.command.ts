import { createHash } from 'node:crypto';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import stringify from 'safe-stable-stringify';
import type { z } from 'zod';
import { CredentialsExpired } from '../../access/access-errors.js';
import type { Caller } from '../../access/caller.js';
import { Clock } from '../../clock/clock.js';
import type { startBody } from '../contract/operation.contract.js';
import { Operation, type OperationRecord } from '../domain/operation.js';
import { IdempotencyKeyReused } from '../domain/operation-errors.js';
import { KindRegister } from '../kinds/kind-register.js';
import { Backlog } from '../persistence/backlog.js';
import { OperationReader } from '../persistence/operation.reader.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { OperationIds } from './operation-ids.js';
import { validated } from '../../validation/validated.js';
import { SECONDS } from '../../time/durations.js';

type StartBody = Omit<z.output<typeof startBody>, 'input'>;

/** Each entrance checks that what it passes on is storable. */
export type StartRequest = Partial<StartBody> & {
  kind: string;
  input: unknown;
  metadata: Record<string, string>;
  /** The whole body as sent, if the fields above hold only part of it: it counts for the idempotency key. */
  sent?: unknown;
};

export interface StartOrigin {
  /** A client, or the service itself for a tenant, which may start kinds that no client may. */
  by: Caller | { tenant: string; internally: true };
  idempotencyKey?: string | undefined;
  requestId?: string | undefined;
}

export interface StartedOperation {
  operation: Readonly<OperationRecord>;
  /** An earlier request with the same idempotency key started it. */
  replayed: boolean;
}

/**
 * Stores a `pending` operation together with the job that will run it.
 * @throws UnknownKind, ScopeMissing, InvalidInput, IdempotencyKeyReused, Backlogged, those of the kind’s `admit`, and
 *   CredentialsExpired for a start token that has ended and has started nothing before
 */
export class StartOperation extends Command<StartedOperation> {
  constructor(
    readonly request: StartRequest,
    readonly origin: StartOrigin,
  ) {
    super();
  }
}

@CommandHandler(StartOperation)
export class StartOperationHandler implements ICommandHandler<StartOperation> {
  private readonly ids = new OperationIds();

  constructor(
    private readonly kinds: KindRegister,
    private readonly operations: OperationRepository,
    private readonly reader: OperationReader,
    private readonly backlog: Backlog,
    private readonly clock: Clock,
  ) {}

  async execute({ request, origin }: StartOperation): Promise<StartedOperation> {
    const { by, idempotencyKey = null, requestId = null } = origin;
    const { kind, metadata, expiresIn, cancelable: _, input: given, sent: __, ...others } = request;
    const { tenant } = by;
    const isInternal = 'internally' in by;
    // Does not compile if a field of the contract is missing here: name it above, and give it to Operation.start.
    others satisfies Record<string, never>;
    const registered = isInternal ? this.kinds.get(kind) : this.kinds.getFor(by, kind);
    const input = validated(registered.input, given, { at: ['input'] });
    // Hashes the whole request, so that a field added later counts as well.
    const requestHash = idempotencyKey && hashOf(request);
    try {
      if (!isInternal && by.onlyStart?.endedAt) throw CredentialsExpired.at(by.onlyStart.endedAt);
      if (!isInternal) this.backlog.refuseWhatWouldWaitTooLong(tenant);
      await registered.handler.admit?.(input, tenant);
    } catch (error) {
      // A client that repeats a start gets the first operation, even if the same start would be refused now.
      const earlier = idempotencyKey && (await this.reader.withIdempotencyKey(tenant, idempotencyKey));
      if (earlier) return replayed(earlier, requestHash);
      throw error;
    }
    const now = this.clock.now();
    const lasts = expiresIn ?? registered.expiresIn;
    const operation = Operation.start(
      {
        id: this.ids.next(now),
        tenant,
        kind,
        input,
        metadata,
        idempotencyKey,
        requestHash,
        requestId,
        expiresAt: lasts === undefined ? null : new Date(now.getTime() + lasts * SECONDS),
      },
      now,
    );
    const opening = await registered.handler.opening?.({ operationId: operation.id, tenant, input }, now);
    if (await this.operations.add(operation, opening)) return { operation: operation.current, replayed: false };
    const earlier = await this.reader.withIdempotencyKey(tenant, idempotencyKey ?? '');
    if (!earlier) throw new Error(`Expected the operation that has taken the idempotency key, found none.`);
    return replayed(earlier, requestHash);
  }
}

const hashOf = (body: unknown) =>
  createHash('sha256')
    .update(stringify(body) ?? '')
    .digest('hex');

function replayed(earlier: OperationRecord, requestHash: string | null): StartedOperation {
  if (earlier.requestHash !== requestHash) throw IdempotencyKeyReused.for(earlier.id);
  return { operation: earlier, replayed: true };
}
