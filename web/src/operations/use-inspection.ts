import type { Operation, OperationInspection } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';

/** What only operators see; read again at each new version. */
export function useInspection(operation: Operation | undefined): OperationInspection | undefined {
  const client = useOutcome();
  const [inspection, setInspection] = useState<OperationInspection>();
  const { id, version } = operation ?? {};
  useEffect(() => {
    if (id === undefined) return;
    const leaving = new AbortController();
    client.inspect(id, leaving).then(setInspection, () => undefined);
    return () => leaving.abort();
  }, [client, id, version]);
  return inspection;
}
