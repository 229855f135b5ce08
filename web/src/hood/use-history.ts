import type { Operation, OperationEvent } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';

const SECONDS = 1000;
const FIRST_MS = 2 * SECONDS;
const LONGEST_MS = 60 * SECONDS;

/**
 * The operation's events, read again at each new version. After an ending without success, the page reads them again
 * from time to time: the bank may still have taken the money, which the service then gives back.
 */
export function useHistory(
  operation: Pick<Operation, 'id' | 'version' | 'done' | 'status'> | undefined,
): readonly OperationEvent[] {
  const client = useOutcome();
  const [events, setEvents] = useState<readonly OperationEvent[]>([]);
  const { id, version } = operation ?? {};
  const mayGoOn = operation?.done === true && operation.status !== 'success';
  useEffect(() => {
    if (id === undefined) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (pause: number) => {
      if (document.visibilityState === 'visible' || pause === FIRST_MS)
        await client.history(id, leaving).then(setEvents, () => undefined);
      if (mayGoOn && !leaving.signal.aborted)
        timer = setTimeout(() => void read(Math.min(LONGEST_MS, pause * 1.5)), pause);
    };
    void read(FIRST_MS);
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [client, id, version, mayGoOn]);
  return events.filter(({ operationId }) => operationId === id);
}
