import { Injectable } from '@nestjs/common';
import { type Doorbell, OperationFeed } from '../../operations/queries/operation-feed.js';

type Hear = (doorbell: Doorbell) => void;

/** The feed of a single process. */
@Injectable()
export class InProcessFeed extends OperationFeed {
  private readonly listeners = new Map<string, Set<Hear>>();

  override listen(operationId: string, hear: Hear): () => void {
    const listeners = this.listeners.get(operationId) ?? new Set();
    this.listeners.set(operationId, listeners.add(hear));
    return () => {
      listeners.delete(hear);
      if (listeners.size === 0 && this.listeners.get(operationId) === listeners) this.listeners.delete(operationId);
    };
  }

  ring(doorbell: Doorbell): void {
    for (const hear of [...(this.listeners.get(doorbell.operationId) ?? [])]) hear(doorbell);
  }

  isWatched(operationId: string): boolean {
    return this.listeners.has(operationId);
  }

  get watched(): string[] {
    return [...this.listeners.keys()];
  }
}
