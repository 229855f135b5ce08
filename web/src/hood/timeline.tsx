import type { OperationEvent } from '@outcome/client';
import { duration, time } from '../format';
import { strings } from '../strings';

const SHOWN_DETAIL = ['reason', 'message', 'code', 'attempt', 'nextAttemptAt', 'nextLookUpAt'];

/** The events of an operation, and the time between them. */
export function Timeline({ events }: { events: readonly OperationEvent[] }) {
  return (
    <ol className="timeline">
      {events.map(({ version, type, occurredAt, detail, operation }, index) => {
        const before = events[index - 1];
        const took = before && Date.parse(occurredAt) - Date.parse(before.occurredAt);
        return (
          <li key={version} className={`status-${operation.status}`}>
            <span className="dot" aria-hidden="true" />
            <span className="step">{strings.events[type]}</span>
            <time dateTime={occurredAt} title={occurredAt}>
              {took === undefined ? time(occurredAt) : `+ ${duration(took)}`}
            </time>
            <span className="quiet step-detail">
              {operation.failure?.message ??
                (type === 'operation.progressed' ? operation.progress?.message : wordsOf(detail))}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function wordsOf(detail: OperationEvent['detail']): string {
  const shown = Object.entries(detail ?? {}).filter(([name, value]) => SHOWN_DETAIL.includes(name) && value !== null);
  return shown.map(([name, value]) => (name.endsWith('At') ? time(String(value)) : String(value))).join(' · ');
}
