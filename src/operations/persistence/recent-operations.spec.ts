import { setTimeout as wait } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { newOperation } from '../../../test/support/new-operation.js';
import { RecentOperations } from './recent-operations.js';

describe('the operations that this process has just committed', () => {
  afterEach(() => jest.restoreAllMocks());

  const committed = (versions = 1) => {
    const operation = newOperation();
    if (versions > 1) operation.beginAttempt(new Date());
    for (let version = 3; version <= versions; version += 1)
      operation.reportProgress({ percent: version, message: null }, new Date());
    const recent = new RecentOperations();
    recent.put(operation.current, operation.events);
    return { recent, operation };
  };

  test('are found without their input, as they are: later steps change nothing in it', () => {
    const { recent, operation } = committed();
    const { input, ...record } = { ...operation.current };
    operation.beginAttempt(new Date());
    expect(recent.find(operation.current, 0)?.record).toEqual(record);
    expect(input).toBeDefined();
  });

  test.each([
    [2, true],
    [3, false],
  ])('at version 2, to one who knows version %i: found %s', (knownVersion, isFound) => {
    const { recent, operation } = committed(2);
    expect(recent.find(operation.current, knownVersion) !== undefined).toBe(isFound);
  });

  test('are found with tokens of their own generation alone', () => {
    const { recent, operation } = committed();
    const found = [undefined, 0, 1].map((generation) => recent.find({ ...operation.current, generation }, 0));
    expect(found.map((each) => each !== undefined)).toEqual([true, true, false]);
  });

  test('are not found any more once their tokens are revoked, however often they change', () => {
    const { recent, operation } = committed();
    recent.forgetForever(operation.id);
    expect(recent.find(operation.current, 0)).toBeUndefined();
    recent.put(operation.current, operation.events);
    expect(recent.find(operation.current, 0)).toBeUndefined();
  });

  test('are not found while a change is being stored', () => {
    const { recent, operation } = committed();
    expect(recent.take(operation.id)?.record.version).toBe(1);
    expect(recent.find(operation.current, 0)).toBeUndefined();
  });

  test.each([
    [1999, true],
    [2001, false],
  ])('after %i milliseconds: found %s', async (ms, isFound) => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1000);
    const { recent, operation } = committed();
    now.mockReturnValue(1000 + ms);
    // The cache looks at the clock once a millisecond.
    await wait(20);
    expect(recent.find(operation.current, 0) !== undefined).toBe(isFound);
  });

  test('are only so many as are on their way to a client', () => {
    const recent = new RecentOperations();
    const operations = Array.from({ length: 501 }, (_, at) => newOperation({ id: `id-${at}` }));
    for (const { current, events } of operations) recent.put(current, events);
    expect(operations.map(({ current }) => recent.find(current, 0) !== undefined)).toEqual([
      false,
      ...Array(500).fill(true),
    ]);
  });

  test('have at most twenty events', () => {
    const [few, many] = [committed(20), committed(21)];
    expect(few.recent.find(few.operation.current, 0)?.events).toHaveLength(20);
    expect(many.recent.find(many.operation.current, 0)).toBeUndefined();
  });
});
