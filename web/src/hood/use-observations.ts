import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';
import { type Observation, observe, type Way } from './observer';

export const WAYS = ['push', 'wait', 'article'] as const satisfies readonly Way[];

const NOTHING: Observation = { knowledge: [], requests: 0, isDone: false, isOver: false };
const NONE: Record<Way, Observation> = { push: NOTHING, wait: NOTHING, article: NOTHING };

/** One operation as each transport sees it. */
export function useObservations(id: string | undefined): Record<Way, Observation> {
  const client = useOutcome();
  const [found, setFound] = useState({ id, observations: NONE });
  useEffect(() => {
    if (id === undefined) return;
    const leaving = new AbortController();
    setFound({ id, observations: NONE });
    for (const way of WAYS) {
      observe(way, id, leaving.signal, (observation) =>
        setFound(({ observations }) => ({ id, observations: { ...observations, [way]: observation } })),
      );
    }
    return () => leaving.abort();
    // Anew with the credentials of another client.
  }, [client, id]);
  return found.id === id ? found.observations : NONE;
}
