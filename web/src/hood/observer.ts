import { createClient, type Operation, type Status } from '@outcome/client';
import { network, session } from '../outcome';

export type Way = 'push' | 'wait' | 'article';

/** What a transport knew, and since when in milliseconds of the page's clock. */
export interface Knowledge {
  status: Status;
  at: number;
}

export interface Observation {
  knowledge: readonly Knowledge[];
  requests: number;
  /** It knows the ending. */
  isDone: boolean;
  /** It learns nothing more: it knows the ending, may not ask, or was refused. */
  isOver: boolean;
}

type Note = (status: Status, isDone: boolean) => void;

const ARTICLE_MS = 5000;

/** Follows an operation by one transport alone until it has ended or the signal aborts. */
export function observe(way: Way, id: string, signal: AbortSignal, onChange: (observation: Observation) => void): void {
  let observation: Observation = { knowledge: [], requests: 0, isDone: false, isOver: false };
  const become = (change: Partial<Observation>) => {
    if (!signal.aborted) onChange((observation = { ...observation, ...change }));
  };
  const note: Note = (status, isDone) => {
    const isNew = observation.knowledge.at(-1)?.status !== status;
    become({
      isDone,
      knowledge: isNew ? [...observation.knowledge, { status, at: Date.now() }] : observation.knowledge,
    });
  };
  const onRequest = () => become({ requests: observation.requests + 1 });
  const following =
    way === 'article' ? asTheArticle(id, signal, note, onRequest) : byTheClient(way, id, signal, note, onRequest);
  // Ends by the signal, or with an error that the page's own client reports, too.
  void following.catch(() => undefined).then(() => become({ isOver: true }));
}

async function byTheClient(
  way: 'push' | 'wait',
  id: string,
  signal: AbortSignal,
  note: Note,
  onRequest: () => void,
): Promise<void> {
  const client = createClient({
    ...session.watching,
    transports: [way === 'push' ? 'socket' : 'wait'],
    fetch: network.fetchFor(onRequest),
    connect: network.connectFor(onRequest),
  });
  try {
    for await (const operation of client.watch(id, { signal })) note(operation.status, operation.done);
  } finally {
    client.close();
  }
}

/** As in the article: asks once, and then every five seconds. */
async function asTheArticle(id: string, signal: AbortSignal, note: Note, onRequest: () => void): Promise<void> {
  for (let isDone = !session.mayRead; !isDone;) {
    onRequest();
    const answer = await session.fetch(`/api/checkStatus?operationId=${id}`, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (answer?.ok) {
      const { status } = (await answer.json()) as Pick<Operation, 'status'>;
      isDone = status !== 'pending';
      note(status, isDone);
    }
    if (!isDone) await new Promise((resolve) => setTimeout(resolve, ARTICLE_MS));
  }
}
