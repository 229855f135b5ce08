import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { isEnding } from '../domain/operation-status.js';
import type { OperationRecord, OperationRef } from '../domain/operation.js';
import { redact } from '../kinds/redact.js';
import { KindRegister } from '../kinds/kind-register.js';
import { OperationReader } from '../persistence/operation.reader.js';

const WAITS_FOR = ['nothing', 'worker', 'answer', 'retry', 'look_up', 'customer'] as const;

/** What an operator sees of an operation and its customer does not. */
export const operationInspection = z
  .object({
    operationId: z.uuidv7(),
    input: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The input of its start; fields that its kind marks as secret are redacted.' }),
    attempts: z.int().meta({ description: 'How often it was executed; look-ups are not counted.' }),
    lookUps: z.int().meta({ description: 'How often an unknown outcome was looked up.' }),
    waitsFor: z.enum(WAITS_FOR).meta({
      description:
        'worker: to be claimed; answer: of the attempt that is under way; retry, look_up: until nextAttemptAt; ' +
        'customer: nextAction of the operation.',
    }),
    nextAttemptAt: z.iso.datetime().nullable().meta({ description: 'When a worker will claim it next.' }),
    attentionAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When it begins to need an operator’s attention; null if it needs none.' }),
    cancelRequestedAt: z.iso.datetime().nullable().meta({ description: 'When a client requested to cancel it.' }),
    proposedResolution: z
      .object({ outcome: z.record(z.string(), z.unknown()), by: z.string(), reason: z.string(), at: z.iso.datetime() })
      .nullable()
      .meta({ description: 'What a first person has stated of its end; a second one must state the same.' }),
    requestId: z.string().nullable().meta({ description: 'Names the request that started it in the log.' }),
  })
  .meta({ id: 'OperationInspection', description: 'What is not part of the operation as its customer sees it.' });

export type OperationInspection = z.output<typeof operationInspection>;

/** @throws OperationNotFound */
export class InspectOperation extends Query<OperationInspection> {
  constructor(readonly ref: OperationRef) {
    super();
  }
}

@QueryHandler(InspectOperation)
export class InspectOperationHandler implements IQueryHandler<InspectOperation> {
  constructor(
    private readonly operations: OperationReader,
    private readonly kinds: KindRegister,
  ) {}

  async execute({ ref }: InspectOperation): Promise<OperationInspection> {
    const current = await this.operations.inspect(ref);
    const { kind, input, attempts, lookUps, nextAttemptAt, attentionAt, cancelRequestedAt, requestId } = current;
    const { proposedResolution: proposed } = current;
    const schema = this.kinds.find(kind)?.input;
    return {
      operationId: current.id,
      input: redact(schema, input),
      attempts,
      lookUps,
      waitsFor: whatItWaitsFor(current),
      nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
      attentionAt: attentionAt?.toISOString() ?? null,
      cancelRequestedAt: cancelRequestedAt?.toISOString() ?? null,
      proposedResolution: proposed && {
        outcome: proposed.outcome,
        by: proposed.by,
        reason: proposed.reason,
        at: proposed.at,
      },
      requestId,
    };
  }
}

function whatItWaitsFor({ status, nextAttemptAt }: Readonly<OperationRecord>): OperationInspection['waitsFor'] {
  if (isEnding(status)) return 'nothing';
  if (status === 'pending') return 'worker';
  if (status === 'requires_action') return 'customer';
  if (status === 'reconciling') return 'look_up';
  return nextAttemptAt ? 'retry' : 'answer';
}
