import type { Operation, OperationEvent } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';

const SECONDS = 1000;
const FIRST_MS = 2 * SECONDS;
const LONGEST_MS = 60 * SECONDS;

/**
 * The steps of an operation's life so far: read again whenever there is a new version. After an ending that is no
 * success it is read again from time to time, since the bank may have taken the money all the same, which is then given
 * back.
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
