import type { KestrelCharge } from './kestrel-charges.js';

interface Script extends Pick<KestrelCharge, 'phase'> {
  why?: string;
  /** The fault of the first `times` requests that charge it under a key. */
  goesAstray?: { times: number; how: 'cut_before' | 'cut_after' | 'busy' };
}

/** Kestrel's payment methods, by their outcome. */
export const TOKENS: Readonly<Record<string, Script>> = {
  'kt-good': { phase: 'paid' },
  'kt-no-funds': { phase: 'refused', why: 'funds' },
  'kt-refused': { phase: 'refused', why: 'bank' },
  'kt-asks': { phase: 'asking' },
  'kt-slow': { phase: 'thinking' },
  'kt-good-answer-lost': { phase: 'paid', goesAstray: { times: 1, how: 'cut_after' } },
  'kt-refused-answer-lost': { phase: 'refused', why: 'bank', goesAstray: { times: 1, how: 'cut_after' } },
  'kt-lost': { phase: 'paid', goesAstray: { times: 1, how: 'cut_before' } },
  'kt-busy': { phase: 'paid', goesAstray: { times: Infinity, how: 'busy' } },
  'kt-busy-twice': { phase: 'paid', goesAstray: { times: 2, how: 'busy' } },
};
