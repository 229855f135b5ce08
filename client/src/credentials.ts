import { type Token, tokenOf } from './http.js';
import type { Intents } from './intents.js';

interface WatchToken {
  token: string;
  /** By the service's clock, in seconds. */
  exp: number;
  /** By `performance.now()`: the browser's clock may be wrong. */
  renewAt: number;
}

/** Milliseconds for each second of a watch token after which it is renewed. */
const RENEW_AFTER = 800;

/**
 * What the client presents: its own token if it has one, else for each operation that it has started the watch token
 * that the service gave with the start.
 */
export class Credentials {
  private readonly received = new Map<string, WatchToken>();

  constructor(
    readonly own: Token | undefined,
    private readonly intents: Intents,
  ) {}

  /** For a request to this path, which may name an operation. */
  async of(path: string, signal: AbortSignal): Promise<string | undefined> {
    return (await tokenOf(this.own, signal)) ?? this.watchTokenOf(path.split(/[/?]/)[3] ?? '');
  }

  watchTokenOf(id: string): string | undefined {
    if (this.own === undefined) return this.received.get(id)?.token ?? this.intents.of(id)?.intent.watchToken;
  }

  /** @returns whether it is valid for longer than the last one */
  receive(id: string, token: string): boolean {
    const { iat = 0, exp = 0 } = claimsOf(token);
    const last = this.received.get(id);
    this.received.set(id, { token, exp, renewAt: performance.now() + (exp - iat) * RENEW_AFTER });
    this.intents.watchedWith(id, token);
    return exp > (last?.exp ?? 0);
  }

  /** Milliseconds until the watch token is to be renewed: none if an earlier load of the page has received it. */
  renewIn(id: string): number {
    return (this.received.get(id)?.renewAt ?? 0) - performance.now();
  }
}

interface Claims {
  iat: number;
  exp: number;
  /** Of a start token: the body of the start. */
  start: object;
}

/** What a token of the service says, unverified; nothing if it is none. */
export function claimsOf(token = ''): Partial<Claims> {
  try {
    const [, payload = ''] = token.split('.');
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Partial<Claims>;
  } catch {
    return {};
  }
}
