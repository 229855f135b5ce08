import { newOperation } from '../../../test/support/new-operation.js';
import { eventViewOf } from '../contract/operation-view.js';
import { eventRowOf } from './event-row.js';

describe('a stored event', () => {
  const ENDED_AT = new Date('2026-01-01T00:00:01Z');
  const operation = newOperation();
  operation.expire(ENDED_AT);
  operation.recordLateAnswer({}, null, new Date('2026-01-01T00:00:02Z'));
  const rows = operation.events.map(eventRowOf);

  test('has neither what is null nor the time of an ending that is its own', () => {
    expect(rows.map(({ snapshot }) => Object.keys(snapshot))).toEqual([
      ['status'],
      ['status'],
      ['status', 'finishedAt'],
    ]);
  });

  test('is shown whole', () => {
    const shown = rows.map((row) => eventViewOf(operation.current, JSON.parse(JSON.stringify(row), reviveTimes)));
    expect(shown.map(({ operation: { progress, finishedAt } }) => ({ progress, finishedAt }))).toEqual([
      { progress: null, finishedAt: null },
      { progress: null, finishedAt: ENDED_AT.toISOString() },
      { progress: null, finishedAt: ENDED_AT.toISOString() },
    ]);
  });

  const reviveTimes = (name: string, value: unknown) => (name === 'occurredAt' ? new Date(value as string) : value);
});
