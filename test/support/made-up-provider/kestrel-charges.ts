import { randomUUID } from 'node:crypto';
import type { ProviderBooks } from '../../contracts/provider-under-test.js';
import { TOKENS } from './kestrel-tokens.js';

export interface KestrelMove {
  code: string;
  type: 'take' | 'free' | 'return' | 'dispute';
  minor: number;
  state: 'done' | 'refused' | 'given_back';
  why: string | null;
  /** The key of the call that made it; null if no call did. */
  key: string | null;
}

export interface KestrelCharge {
  code: string;
  op: string;
  minor: number;
  iso: string;
  hold: boolean;
  phase: 'paid' | 'held' | 'freed' | 'refused' | 'asking' | 'thinking' | 'stopped';
  why: string | null;
  /** Where the customer approves, if they must. */
  page: string | null;
  /** The amount paid or held at first, whatever happened later. */
  had: number;
  taken: number;
  moves: KestrelMove[];
}

/** The terms of a request for a charge. */
export interface Terms {
  minor: number;
  iso: string;
  token: string;
  hold: boolean;
  present: boolean;
  op: string;
}

/** The same key with other terms. */
export class OtherTerms extends Error {}

const TAKES: Readonly<Record<string, number>> = { EUR: 99_999_999, USD: 99_999_999, JPY: 99_999_999 };

/** Kestrel's records: charges by our key, and movements of their money by theirs. */
export class KestrelCharges {
  private readonly entries = new Map<string, { charge: KestrelCharge; terms: string | null; times: number }>();
  private readonly moves = new Map<string, { move: KestrelMove; terms: string }>();

  constructor(private readonly url: () => string) {}

  /** @throws OtherTerms */
  put(key: string, terms: Terms): KestrelCharge {
    const said = JSON.stringify(terms);
    const before = this.entries.get(key);
    if (before && before.terms !== null && before.terms !== said) throw new OtherTerms();
    if (before) return before.charge;
    const charge = newCharge(terms);
    const entry = { charge, terms: said, times: 0 };
    this.entries.set(key, entry);
    const { phase, why } = verdictOn(terms);
    if (phase === 'paid') this.pay(entry);
    else Object.assign(charge, { phase, why, page: phase === 'asking' ? `${this.url()}/ask/${charge.code}` : null });
    return charge;
  }

  /** Takes a key without a charge, so that a later charge is stopped. */
  stop(key: string, op: string): KestrelCharge {
    const charge = this.find(key);
    if (!charge) {
      const nothing = newCharge({ minor: 0, iso: 'EUR', token: '', hold: false, present: true, op });
      this.entries.set(key, { charge: { ...nothing, phase: 'stopped' }, terms: null, times: 0 });
    } else if (['asking', 'thinking'].includes(charge.phase)) Object.assign(charge, { phase: 'stopped', page: null });
    return this.get(key);
  }

  /** @throws OtherTerms */
  move(
    code: string,
    key: string,
    { type, minor }: Pick<KestrelMove, 'type'> & { minor?: number },
  ): KestrelMove | undefined {
    const charge = this.byCode(code);
    if (!charge) return undefined;
    const terms = JSON.stringify({ code, type, minor });
    const before = this.moves.get(key);
    if (before && before.terms !== terms) throw new OtherTerms();
    const move = before?.move ?? this.moved(charge, type, key, minor);
    this.moves.set(key, { move, terms });
    return move;
  }

  find(key: string): KestrelCharge | undefined {
    return this.entries.get(key)?.charge;
  }

  get(key: string): KestrelCharge {
    const charge = this.find(key);
    if (!charge) throw new Error(`Expected a charge of Kestrel's under ${key}, found none.`);
    return charge;
  }

  byCode(code: string): KestrelCharge | undefined {
    return [...this.entries.values()].find(({ charge }) => charge.code === code)?.charge;
  }

  findMove(key: string): KestrelMove | undefined {
    return this.moves.get(key)?.move;
  }

  answer(key: string, answer: 'approve' | 'refuse'): void {
    const entry = this.entries.get(key);
    if (entry?.charge.phase !== 'asking') throw new Error(`Nobody asks the customer of ${key}.`);
    if (answer === 'approve') this.pay(entry);
    else Object.assign(entry.charge, { phase: 'refused', why: 'customer', page: null });
  }

  settle(key: string): void {
    const entry = this.entries.get(key);
    if (entry?.charge.phase === 'thinking') this.pay(entry);
  }

  act(key: string, act: 'capture' | 'void' | 'refund' | 'dispute' | 'win_dispute', minor?: number): void {
    const charge = this.get(key);
    if (act === 'win_dispute') for (const move of charge.moves) if (move.type === 'dispute') move.state = 'given_back';
    if (act !== 'win_dispute')
      this.moved(
        charge,
        ({ capture: 'take', void: 'free', refund: 'return', dispute: 'dispute' } as const)[act],
        null,
        minor,
      );
  }

  books(key: string): ProviderBooks {
    const { charge, times = 0 } = this.entries.get(key) ?? {};
    return {
      charges: times,
      authorized: charge?.had ?? 0,
      captured: charge?.taken ?? 0,
      refunded: charge ? sum(charge, 'return') : 0,
      disputed: charge ? sum(charge, 'dispute') : 0,
      voided: charge?.phase === 'freed',
    };
  }

  private pay(entry: { charge: KestrelCharge; times: number }): void {
    const { charge } = entry;
    entry.times += 1;
    Object.assign(charge, {
      phase: charge.hold ? 'held' : 'paid',
      page: null,
      had: charge.minor,
      taken: charge.hold ? 0 : charge.minor,
    });
  }

  private moved(
    charge: KestrelCharge,
    type: KestrelMove['type'],
    key: string | null,
    minor = charge.minor,
  ): KestrelMove {
    const why = errorOf(charge, type, minor);
    const move: KestrelMove = {
      code: `M-${randomUUID()}`,
      type,
      minor,
      state: why === null ? 'done' : 'refused',
      why,
      key,
    };
    charge.moves.push(move);
    if (why !== null) return move;
    if (type === 'take') Object.assign(charge, { phase: 'paid', taken: minor });
    if (type === 'free') charge.phase = 'freed';
    return move;
  }
}

const newCharge = ({ minor, iso, hold, op }: Terms): KestrelCharge => ({
  code: `K-${randomUUID()}`,
  op,
  minor,
  iso,
  hold,
  phase: 'thinking',
  why: null,
  page: null,
  had: 0,
  taken: 0,
  moves: [],
});

function verdictOn({ minor, iso, token, present }: Terms): Pick<KestrelCharge, 'phase' | 'why'> {
  const most = TAKES[iso];
  if (most === undefined) return { phase: 'refused', why: 'currency' };
  if (minor > most) return { phase: 'refused', why: 'amount' };
  const script = TOKENS[token];
  if (!script) return { phase: 'refused', why: 'token' };
  return script.phase === 'asking' && !present
    ? { phase: 'refused', why: 'absent' }
    : { phase: script.phase, why: script.why ?? null };
}

const sum = ({ moves }: KestrelCharge, type: KestrelMove['type']) =>
  moves.filter((move) => move.type === type && move.state === 'done').reduce((total, { minor }) => total + minor, 0);

function errorOf(charge: KestrelCharge, type: KestrelMove['type'], minor: number): string | null {
  const { phase, taken } = charge;
  if (type === 'take' || type === 'free') {
    if (taken > 0) return 'taken';
    if (phase !== 'held') return 'gone';
    return minor > charge.minor ? 'much' : null;
  }
  const left = taken - sum(charge, 'return') - (type === 'return' ? sum(charge, 'dispute') : 0);
  if (type === 'return' && taken > 0 && sum(charge, 'return') === taken) return 'returned';
  return minor > left ? 'much' : null;
}
