import { type Operation, OutcomeError, type Status } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';
import { strings } from '../strings';

const EVERY_MS = 2000;
const PAGE = 25;
/** The largest page of the service. */
const MOST = 100;

/** The newest operations, read again every two seconds while the page is visible. */
export function useList(status: string | undefined, kind: string | undefined, attention: boolean) {
  const client = useOutcome();
  const [limit, setLimit] = useState(PAGE);
  const [found, setFound] = useState<{ items?: readonly Operation[]; hasMore: boolean }>({ hasMore: false });
  const [trouble, setTrouble] = useState<string>();

  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') {
        // A list that takes longer is outdated: the next request replaces it.
        const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(EVERY_MS * 2)]);
        const wanted = {
          status: status?.split(',') as Status[] | undefined,
          kind,
          attention: attention || undefined,
          limit,
          signal,
        };
        await client.list(wanted).then(
          ({ items, nextCursor }) => {
            setFound({ items, hasMore: nextCursor !== null && limit < MOST });
            setTrouble(undefined);
          },
          (error: unknown) => {
            if (!leaving.signal.aborted) setTrouble(wordsOf(error));
          },
        );
      }
      if (!leaving.signal.aborted) timer = setTimeout(() => void read(), EVERY_MS);
    };
    const readIfVisible = () => void read();
    document.addEventListener('visibilitychange', readIfVisible);
    void read();
    return () => {
      leaving.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', readIfVisible);
    };
  }, [client, status, kind, attention, limit]);

  return { ...found, trouble, showMore: () => setLimit((now) => Math.min(MOST, now + PAGE)) };
}

const wordsOf = (error: unknown) =>
  error instanceof OutcomeError && error.problem ? error.message : strings.operations.unreachable;
