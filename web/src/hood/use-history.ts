import type { Operation, OperationEvent } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';

/** The steps of an operation's life so far: read again whenever there is a new version. */
export function useHistory(operation: Pick<Operation, 'id' | 'version'> | undefined): readonly OperationEvent[] {
  const client = useOutcome();
  const [events, setEvents] = useState<readonly OperationEvent[]>([]);
  const { id, version } = operation ?? {};
  useEffect(() => {
    if (id === undefined) return;
    const leaving = new AbortController();
    client.history(id, leaving).then(setEvents, () => undefined);
    return () => leaving.abort();
  }, [client, id, version]);
  return events.filter(({ operationId }) => operationId === id);
}
