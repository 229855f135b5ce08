import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';

/** The names of all kinds of operations that the service knows. */
export function useKinds(): readonly string[] {
  const client = useOutcome();
  const [kinds, setKinds] = useState<readonly string[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    client.kinds(leaving).then(
      (found) => setKinds(found.map(({ name }) => name)),
      () => undefined,
    );
    return () => leaving.abort();
  }, [client]);
  return kinds;
}
