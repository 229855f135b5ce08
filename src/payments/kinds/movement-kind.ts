import { Injectable } from '@nestjs/common';
import type { Inquiry, Resolution, Verification } from '../../operations/kinds/operation-kind.js';
import type { LookUp } from '../../operations/kinds/outcome.js';
import { type MovementResult, Movements } from './movements.js';

/** The common part of the kinds that move a charge's money. */
@Injectable()
export abstract class MovementKind {
  constructor(protected readonly movements: Movements) {}

  lookUp({ operationId }: Inquiry<unknown>): Promise<LookUp<MovementResult>> {
    return this.movements.lookUp(operationId);
  }

  checkResolution(resolution: Resolution<unknown, MovementResult>): Promise<Verification> {
    return this.movements.checkResolution(resolution);
  }

  resolved({ operationId, result }: Resolution<unknown, MovementResult>): Promise<void> {
    return this.movements.resolved(operationId, result);
  }
}
