import { createHash } from 'node:crypto';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import stringify from 'safe-stable-stringify';
import { v7 as uuidv7 } from 'uuid';
import { offencesOf } from '../domain/offences.js';
import { Operation, type OperationRecord } from '../domain/operation.js';
import { IdempotencyKeyReused, InvalidInput } from '../domain/refusals.js';
import { KindRegister } from '../kinds/kind-register.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { refuseWhatMayNotBeKept } from './what-may-be-kept.js';

const SECONDS = 1000;

export interface StartRequest {
  kind: string;
  input: unknown;
  metadata: Record<string, string>;
  /** Seconds from now until it expires, unless it has taken effect. */
  expiresIn?: number | undefined;
  idempotencyKey?: string | undefined;
  requestId?: string | undefined;
}

export interface StartedOperation {
  operation: Readonly<OperationRecord>;
  /** The idempotency key had started it before. */
  replayed: boolean;
}

/**
 * Stores an operation as `pending`, together with the job that will run it.
 * @throws UnknownKind, InvalidInput, CardNumberRefused, IdempotencyKeyReused
 */
export class StartOperation extends Command<StartedOperation> {
  constructor(readonly request: StartRequest) {
    super();
  }
}

@CommandHandler(StartOperation)
export class StartOperationHandler implements ICommandHandler<StartOperation> {
  constructor(
    private readonly kinds: KindRegister,
    private readonly operations: OperationRepository,
  ) {}

  async execute({ request }: StartOperation): Promise<StartedOperation> {
    const { kind, metadata, expiresIn, idempotencyKey = null, requestId = null } = request;
    refuseWhatMayNotBeKept({ kind, input: request.input, metadata, 'Idempotency-Key': idempotencyKey });
    const input = this.validInput(kind, request.input);
    const now = new Date();
    const operation = Operation.start(
      {
        id: uuidv7(),
        kind,
        input,
        metadata,
        idempotencyKey,
        requestHash:
          idempotencyKey &&
          createHash('sha256')
            .update(stringify({ kind, input, metadata, expiresIn }) ?? '')
            .digest('hex'),
        requestId,
        expiresAt: expiresIn === undefined ? null : new Date(now.getTime() + expiresIn * SECONDS),
      },
      now,
    );
    if (await this.operations.add(operation)) return { operation: operation.current, replayed: false };
    return { operation: await this.earlier(operation.current), replayed: true };
  }

  private validInput(kind: string, input: unknown): unknown {
    const parsed = this.kinds.get(kind).input.safeParse(input);
    if (parsed.success) return parsed.data;
    throw InvalidInput.because(offencesOf(parsed.error.issues, ['input']));
  }

  private async earlier({ idempotencyKey, requestHash }: Readonly<OperationRecord>): Promise<OperationRecord> {
    const earlier = await this.operations.withIdempotencyKey(idempotencyKey ?? '');
    if (earlier.requestHash !== requestHash) throw IdempotencyKeyReused.for(earlier.id);
    return earlier;
  }
}
