import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { InputOf, Kind, Operation } from './api.js';
import { type Following, NOTHING } from './channel.js';
import type { Client } from './client.js';
import type { StartOptions } from './options.js';
import type { Token } from './http.js';
import { asOutcomeError, type OutcomeError } from './outcome-error.js';

const Context = createContext<Client | undefined>(undefined);

export function OutcomeProvider({ client, children }: { client: Client; children?: ReactNode }): ReactElement {
  return createElement(Context.Provider, { value: client }, children);
}

/** The client of the provider above. */
export function useOutcome(): Client {
  const client = useContext(Context);
  if (client) return client;
  throw new Error(
    'Expected an <OutcomeProvider client={createClient()}> above this component, found none: put one at the ' +
      'top of the app.',
  );
}

const notSubscribed = () => () => undefined;
const nothing = () => NOTHING;

/**
 * A live operation. `initial` is shown until the client knows more, as on a server-rendered page. Without an id,
 * follows nothing.
 */
export function useOperation(id: string | undefined, { initial }: { initial?: Operation | undefined } = {}): Following {
  const client = useOutcome();
  const known = initial?.id === id ? initial : undefined;
  const followed = known?.done ? undefined : id;
  const follow = useMemo(() => (followed === undefined ? undefined : client.follow(followed)), [client, followed]);
  const following = useSyncExternalStore(follow?.subscribe ?? notSubscribed, follow?.getSnapshot ?? nothing, nothing);
  return useMemo(() => ({ ...following, operation: newerOf(following.operation, known) }), [following, known]);
}

/** A stream begins with the first version. An ending counts, whatever its version: as for a channel. */
const newerOf = (followed: Operation | undefined, known: Operation | undefined) =>
  followed && (!known || followed.done || followed.version >= known.version) ? followed : known;

export interface Starter<K extends Kind> extends Following {
  /** Starts an operation, or returns the one under way. `error` also holds a rejection, which need not be caught. */
  start: (input: InputOf<K>, options?: Omit<StartOptions, 'intent'>) => Promise<Operation>;
  /** Starts what a start token holds, or returns the operation under way. A function gets the token of the backend. */
  startWith: (startToken: Token) => Promise<Operation>;
  /** True while an operation is being started or has not ended: disable the button with it. */
  underway: boolean;
  /** Forgets an operation that ended or could not start, so that a reload does not show it again. */
  reset: () => void;
}

interface Attempt {
  starting: boolean;
  started?: Operation;
  error?: OutcomeError;
}

const NONE: Attempt = { starting: false };

/**
 * Starts operations of a kind and follows the latest. With an intent, a reloaded page continues with the operation
 * started for it.
 */
export function useStartOperation<K extends Kind>(kind: K, { intent }: Pick<StartOptions, 'intent'> = {}): Starter<K> {
  const client = useOutcome();
  const [attempt, setAttempt] = useState(NONE);
  const current = useRef<Promise<Operation> | undefined>(undefined);
  const resuming = useRef<AbortController | undefined>(undefined);
  const { starting, started } = attempt;
  const { operation, error, via } = useOperation(started?.id, { initial: started });
  const isUnderway = starting || (operation !== undefined && !operation.done && error === undefined);

  useEffect(() => {
    if (!isUnderway) current.current = undefined;
  }, [isUnderway]);

  useEffect(() => {
    if (intent === undefined) return;
    const leaving = (resuming.current = new AbortController());
    client.resume(intent, leaving).then(
      (operation) => {
        if (!operation || leaving.signal.aborted) return;
        if (!operation.done) current.current ??= Promise.resolve(operation);
        setAttempt({ starting: false, started: operation });
      },
      (error: unknown) => {
        if (!leaving.signal.aborted) setAttempt({ starting: false, error: asOutcomeError(error) });
      },
    );
    return () => {
      leaving.abort();
      current.current = undefined;
      setAttempt(NONE);
    };
  }, [client, intent]);

  const begin = useCallback(
    (starts: () => Promise<Operation>) => {
      if (current.current) return current.current;
      // What an earlier attempt came to is no longer shown: it may be known only after this one.
      resuming.current?.abort();
      const starting = starts();
      current.current = starting;
      setAttempt({ starting: true });
      starting.then(
        (operation) => {
          if (current.current === starting) setAttempt({ starting: false, started: operation });
        },
        (error: unknown) => {
          if (current.current !== starting) return;
          current.current = undefined;
          setAttempt({ starting: false, error: asOutcomeError(error) });
        },
      );
      return starting;
    },
    [client, intent],
  );

  const start = useCallback<Starter<K>['start']>(
    (input, options) => begin(() => client.start(kind, input, { ...options, intent })),
    [begin, client, kind, intent],
  );

  const startWith = useCallback<Starter<K>['startWith']>(
    (startToken) => begin(() => client.startWith(startToken, { intent })),
    [begin, client, intent],
  );

  const reset = useCallback(() => {
    if (current.current) return;
    if (intent !== undefined) client.forget(intent);
    setAttempt(NONE);
  }, [client, intent]);

  return { start, startWith, reset, operation, via, error: attempt.error ?? error, underway: isUnderway };
}
