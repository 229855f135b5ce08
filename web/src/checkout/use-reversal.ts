import type { OperationEvent } from '@outcome/client';
import { useOperation } from '@outcome/client/react';

export type Reversal = 'under way' | 'done' | 'failed';

/** How the service gives back money taken after the payment had ended otherwise; undefined if none was taken. */
export function useReversal(events: readonly OperationEvent[]): Reversal | undefined {
  const reversedBy = events.find(({ type }) => type === 'operation.answered_late')?.detail?.reversedBy;
  const id = typeof reversedBy === 'string' ? reversedBy : undefined;
  const { operation } = useOperation(id);
  if (id === undefined) return undefined;
  if (!operation?.done) return 'under way';
  return operation.status === 'success' ? 'done' : 'failed';
}
