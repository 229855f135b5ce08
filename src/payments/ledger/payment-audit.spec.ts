import { Logger } from '@nestjs/common';
import type { Clock } from '../../clock/clock.js';
import type { RunningConfig } from '../../config/config.js';
import type { Reconciliation } from '../../operations/kinds/operation-reconciler.js';
import { PaymentAudit } from './payment-audit.js';
import type { PaymentLedger } from './payment-ledger.js';

beforeAll(() => Logger.overrideLogger(false));

/** Runs until the books were looked at so often. */
async function audited(
  looks: number,
  unexpected: readonly string[],
  reconcile: (id: string) => Promise<Reconciliation>,
) {
  const from: number[] = [];
  const heard: string[] = [];
  let enough!: () => void;
  const done = new Promise<void>((resolve) => (enough = resolve));
  const unexpectedSince = async (then: Date) => {
    if (from.push(then.getTime()) === looks) enough();
    return unexpected.map((id) => ({ id, finishedAt: then }));
  };
  const book = { unexpectedSince } as unknown as PaymentLedger;
  const news = { reconcile: (id: string) => (heard.push(id), reconcile(id)) };
  const clock = { fromNow: (ms: number) => new Date(Date.now() + ms) } as Clock;
  const audit = new PaymentAudit(book, news, clock, { WATCHDOG_MS: 1 } as RunningConfig);
  audit.onApplicationBootstrap();
  await done;
  audit.onModuleDestroy();
  return { from, heard };
}

test.each<[string, (id: string) => Promise<Reconciliation>]>([
  ['cannot be looked up', (id) => (id === 'a' ? Promise.reject(new Error('Away.')) : Promise.resolve('reconciled'))],
  ['must be looked at again', (id) => Promise.resolve(id === 'a' ? 'busy' : 'reconciled')],
])('one that %s keeps no other waiting, and does not fall out of sight', async (_, reconcile) => {
  const { from, heard } = await audited(3, ['a', 'b'], reconcile);
  expect(heard.slice(0, 4)).toEqual(['a', 'b', 'a', 'b']);
  expect(new Set(from).size).toBe(1);
});

test('what was seen to is looked for no further back than need be', async () => {
  const { from } = await audited(2, ['a'], () => Promise.resolve('reconciled'));
  expect(from[1]! - from[0]!).toBeGreaterThan(20 * 60 * 60 * 1000);
});
