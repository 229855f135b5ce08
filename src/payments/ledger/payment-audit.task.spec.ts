import { Logger } from '@nestjs/common';
import type { Clock } from '../../clock/clock.js';
import type { Reconciliation } from '../../operations/kinds/operation-reconciler.js';
import { PaymentAudit } from './payment-audit.task.js';
import type { PaymentLedger } from './payment-ledger.js';

beforeAll(() => Logger.overrideLogger(false));

/** Compares the ledger `runs` times. */
async function audited(
  runs: number,
  unexpected: readonly string[],
  reconcile: (id: string) => Promise<Reconciliation>,
) {
  const from: number[] = [];
  const asked: string[] = [];
  const unexpectedSince = async (then: Date) => {
    from.push(then.getTime());
    return unexpected.map((id) => ({ id, finishedAt: then }));
  };
  const ledger = { unexpectedSince } as unknown as PaymentLedger;
  const reconciler = { reconcile: (id: string) => (asked.push(id), reconcile(id)) };
  const clock = { fromNow: (ms: number) => new Date(Date.now() + ms) } as Clock;
  const [task] = new PaymentAudit(ledger, reconciler, clock, { intervalMs: 1 }).tasks();
  for (let run = 0; run < runs; run += 1) await task?.run(new AbortController().signal);
  return { from, asked };
}

test.each<[string, (id: string) => Promise<Reconciliation>]>([
  ['cannot be looked up', (id) => (id === 'a' ? Promise.reject(new Error('Away.')) : Promise.resolve('reconciled'))],
  ['must be looked at again', (id) => Promise.resolve(id === 'a' ? 'not_yet' : 'reconciled')],
])('an operation that %s delays no other, and is looked up again', async (_, reconcile) => {
  const { from, asked } = await audited(3, ['a', 'b'], reconcile);
  expect(asked).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(new Set(from).size).toBe(1);
});

test('the audit does not look back further than necessary', async () => {
  const { from } = await audited(2, ['a'], () => Promise.resolve('reconciled'));
  expect(from[1]! - from[0]!).toBeGreaterThan(20 * 60 * 60 * 1000);
});
