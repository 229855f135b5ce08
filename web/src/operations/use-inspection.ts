import type { Operation, OperationInspection } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';

/** What is not for customers; read again whenever there is a new version. */
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
