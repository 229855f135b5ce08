import {
  type Caller,
  type Client,
  type ClientOptions,
  createClient,
  type KeyStore,
  type Problem,
} from '@outcome/client';
import type { Network, FailedAnswer } from '../network';
import { strings } from '../strings';

export interface SessionState {
  phase: 'asking' | 'out' | 'in';
  /** What one can sign in with. */
  accepts: Caller['accepts'];
  /**
   * Who is in, or was until the credentials ended: the pages stay as they were, unseen, until somebody signs in again.
   * Undefined where access is open.
   */
  caller?: NonNullable<Caller['caller']> | undefined;
  client?: Client | undefined;
  /** The client of a customer, who has no credentials but the tokens of what was started. */
  shopper?: Client | undefined;
  /** Why nobody is in any longer. */
  reason?: string | undefined;
  /** What the service has just refused. */
  notice?: string | undefined;
  isUnreachable: boolean;
}

type Answer = { caller: Caller } | { problem: Problem; retryAfter: number } | undefined;

const SECONDS = 1000;
const ASK_AGAIN_MS = 2 * SECONDS;
const ANSWER_WITHIN_MS = 15 * SECONDS;
const AT = '/api/caller';
const words = strings.access;

/**
 * Who uses the page: everybody where access is open, else who signs in. The credential is in this object alone, so that
 * a reload forgets it.
 */
export class Session {
  private readonly listeners = new Set<() => void>();
  private credential: string | undefined;
  private clearing: ReturnType<typeof setTimeout> | undefined;
  state: SessionState = { phase: 'asking', accepts: [], isUnreachable: false };

  constructor(
    private readonly network: Network,
    private readonly store: KeyStore,
  ) {
    network.onProblem = (answer) => this.refused(answer);
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  /** Asks whether credentials are needed, until the service answers. */
  async begin(): Promise<void> {
    for (;;) {
      const answer = await ask();
      if (answer && 'caller' in answer) {
        const { access, accepts } = answer.caller;
        this.become({ accepts, isUnreachable: false });
        return access === 'open' ? this.enter() : this.become({ phase: 'out' });
      }
      this.become({ isUnreachable: true });
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  /** Resolves to why not, if so. */
  async signIn(given: string): Promise<string | undefined> {
    const credential = given.trim().replace(/^Bearer\s+/i, '');
    if (!/^[\x21-\x7e]+$/.test(credential)) return words.malformed;
    const answer = await ask(credential);
    if (!answer) return words.unreachable;
    if ('problem' in answer) return sentenceOf(answer);
    if (!answer.caller.caller) return words.invalid;
    this.enter(credential, answer.caller.caller);
    return undefined;
  }

  /** Nothing of who was in stays. */
  signOut(): void {
    this.leave(undefined);
    this.become({ caller: undefined, client: undefined, shopper: undefined });
  }

  /** A `fetch` with the credential of who is in. */
  readonly fetch: typeof fetch = async (address, init) => {
    if (this.state.phase !== 'in') throw new Error(words.signedOut);
    const headers = new Headers(init?.headers);
    if (this.credential !== undefined) headers.set('Authorization', `Bearer ${this.credential}`);
    return this.network.fetchFor(() => undefined)(address, { ...init, headers });
  };

  get mayRead(): boolean {
    const { caller } = this.state;
    return !caller || caller.scopes.includes('operations:read');
  }

  /** For clients that only watch: with the credential if it may read, else with the tokens of what was started. */
  get watching(): ClientOptions {
    const { caller } = this.state;
    if (!caller || this.credential === undefined) return {};
    if (this.mayRead) return { token: this.credential };
    const { getItem } = within(caller.tenant, this.store);
    return { store: { getItem, setItem: () => undefined, removeItem: () => undefined } };
  }

  dismiss(): void {
    if (this.state.notice !== undefined) this.become({ notice: undefined });
  }

  private enter(credential?: string, caller?: SessionState['caller']): void {
    const { network, store } = this;
    this.credential = credential;
    const options: ClientOptions = {
      // What another tenant has under way is none of this one's.
      store: caller ? within(caller.tenant, store) : store,
      fetch: network.fetchFor(() => undefined, true),
      connect: network.connectFor(() => undefined, true),
    };
    const client = createClient(credential === undefined ? options : { ...options, token: credential });
    const shopper = credential === undefined ? client : createClient(options);
    this.become({ phase: 'in', caller, client, shopper, reason: undefined, notice: undefined });
  }

  private leave(reason: string | undefined): void {
    this.credential = undefined;
    this.state.client?.close();
    this.state.shopper?.close();
    this.network.clear();
    this.become({ phase: 'out', reason, notice: undefined });
  }

  private refused({ problem, retryAfter, authorization }: FailedAnswer): void {
    const { credential } = this;
    if (credential === undefined) return;
    if (problem.status === 401) {
      if (authorization === `Bearer ${credential}`) this.leave(reasonOf(problem));
      // A token of what was started ends by itself, or with the credential.
      else void this.check(credential);
    } else
      this.notify(problem.status === 429 ? words.tooMany(retryAfter) : words.notAllowed(problem.detail), retryAfter);
  }

  private async check(credential: string): Promise<void> {
    const answer = await ask(credential);
    if (answer && 'problem' in answer && answer.problem.status === 401 && credential === this.credential)
      this.leave(reasonOf(answer.problem));
  }

  private notify(notice: string, seconds: number): void {
    clearTimeout(this.clearing);
    if (seconds > 0) this.clearing = setTimeout(() => this.dismiss(), seconds * SECONDS);
    if (this.state.notice !== notice) this.become({ notice });
  }

  private become(change: Partial<SessionState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}

async function ask(credential?: string): Promise<Answer> {
  try {
    const response = await fetch(AT, {
      headers: credential === undefined ? {} : { Authorization: `Bearer ${credential}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const body: unknown = await response.json();
    if (response.ok) return { caller: body as Caller };
    return { problem: body as Problem, retryAfter: Number(response.headers.get('retry-after')) };
  } catch {
    return undefined;
  }
}

function sentenceOf({ problem, retryAfter }: Extract<Answer, { problem: Problem }>): string {
  if (problem.code === 'credentials_expired') return words.expired;
  if (problem.status === 401) return words.invalid;
  return problem.status === 429 ? words.tooMany(retryAfter) : problem.detail;
}

const reasonOf = ({ code }: Problem) => (code === 'credentials_expired' ? words.hasExpired : words.isRevoked);

const within = (tenant: string, store: KeyStore): KeyStore => ({
  getItem: (name) => store.getItem(`${tenant} ${name}`),
  setItem: (name, value) => store.setItem(`${tenant} ${name}`, value),
  removeItem: (name) => store.removeItem(`${tenant} ${name}`),
});
