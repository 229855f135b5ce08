import { setTimeout as wait } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { newOperation } from '../../../test/support/new-operation.js';
import { Operation } from '../domain/operation.js';
import { RecentOperations } from './recent-operations.js';

describe('the operations that this process has just committed', () => {
  afterEach(() => jest.restoreAllMocks());

  const committed = (versions = 1) => {
    const operation = newOperation();
    if (versions > 1) operation.beginAttempt(new Date());
    for (let version = 3; version <= versions; version += 1)
      operation.reportProgress({ percent: version, message: null }, new Date());
    const recent = new RecentOperations();
    recent.add(operation);
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
    recent.add(operation);
    expect(recent.find(operation.current, 0)).toBeUndefined();
  });

  /** As it is while its next step is being stored. */
  const changing = (versions = 1) => {
    const { recent, operation } = committed(versions);
    operation.markStored(null);
    if (operation.current.version === 1) operation.beginAttempt(new Date());
    else operation.reportProgress({ percent: 50, message: null }, new Date());
    const found = () => {
      const { record, events } = recent.find(operation.current, 0) ?? {};
      return record && { version: record.version, events: events?.map(({ version }) => version) };
    };
    return { recent, operation, found };
  };

  test('are found as they were until a change is stored, then with it', () => {
    const { recent, operation, found } = changing();
    expect(found()).toEqual({ version: 1, events: [1] });
    recent.change(operation);
    expect(found()).toEqual({ version: 2, events: [1, 2] });
  });

  test('are not found after a change that was not stored', () => {
    const { recent, operation, found } = changing();
    recent.forget(operation.id);
    expect(found()).toBeUndefined();
    recent.change(operation);
    expect(found()).toBeUndefined();
  });

  test.each([
    ['another process has changed them in between', { version: 2 }],
    ['a job has taken them over', { jobId: 'another' }],
  ])('are not found once %s', (_, since) => {
    const { recent, operation, found } = changing();
    const meanwhile = Operation.from({ ...operation.current, ...since });
    meanwhile.reportProgress({ percent: 50, message: null }, new Date());
    recent.change(meanwhile);
    expect(found()).toBeUndefined();
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
    for (const operation of operations) recent.add(operation);
    expect(operations.map(({ current }) => recent.find(current, 0) !== undefined)).toEqual([
      false,
      ...Array(500).fill(true),
    ]);
  });

  test('have at most twenty events', () => {
    const [few, many] = [committed(20), committed(21)];
    expect(few.recent.find(few.operation.current, 0)?.events).toHaveLength(20);
    expect(many.recent.find(many.operation.current, 0)).toBeUndefined();
    const grown = changing(20);
    grown.recent.change(grown.operation);
    expect(grown.found()).toBeUndefined();
  });
});
