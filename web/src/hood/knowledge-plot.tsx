import type { OperationEvent, Status } from '@outcome/client';
import { useEffect, useState } from 'react';
import { duration } from '../format';
import { strings } from '../strings';
import type { Knowledge, Observation, Way } from './observer';
import { WAYS } from './use-observations';

const TICK_MS = 100;
const SHORTEST_MS = 1500;
const WIDTH = 100;

interface Props {
  events: readonly OperationEvent[];
  observations: Record<Way, Observation>;
}

/** A bar per transport: what it knew over time, beside the service's own record. */
export function KnowledgePlot({ events, observations }: Props) {
  const truth = changesOf(events);
  const began = truth[0]?.at ?? 0;
  const ended = events.at(-1)?.operation.done ? truth.at(-1)?.at : undefined;
  const isOver = WAYS.every((way) => observations[way].isOver);
  const now = useNow(!isOver && truth.length > 0);
  const lastReceived = Math.max(...WAYS.map((way) => observations[way].knowledge.at(-1)?.at ?? 0), ended ?? 0);
  const span = Math.max(SHORTEST_MS, (isOver ? lastReceived : now) - began) * 1.04;

  const rows = [
    { name: strings.hood.ways.service, knowledge: truth, requests: undefined, late: undefined },
    ...WAYS.map((way) => {
      const { knowledge, requests, isDone } = observations[way];
      const late = isDone && ended !== undefined ? Math.max(0, (knowledge.at(-1)?.at ?? 0) - ended) : undefined;
      return { name: strings.hood.ways[way], knowledge, requests, late };
    }),
  ];

  return (
    <table className="knowledge">
      <thead>
        <tr>
          <th scope="col">{strings.hood.way}</th>
          <th scope="col" className="number">
            {strings.hood.requests}
          </th>
          <th scope="col" className="number">
            {strings.hood.late}
          </th>
        </tr>
      </thead>
      {rows.map(({ name, knowledge, requests, late }) => (
        <tbody key={name}>
          <tr>
            <th scope="row">{name}</th>
            <td className="number">{requests ?? ''}</td>
            <td className="number">
              {requests === undefined ? '' : late === undefined ? strings.hood.notYet : duration(late)}
            </td>
          </tr>
          <tr>
            <td colSpan={3}>
              <Bar name={name} knowledge={knowledge} began={began} span={span} />
            </td>
          </tr>
        </tbody>
      ))}
    </table>
  );
}

function Bar({
  name,
  knowledge,
  began,
  span,
}: {
  name: string;
  knowledge: readonly Knowledge[];
  began: number;
  span: number;
}) {
  const x = (at: number) => Math.max(0, Math.min(WIDTH, ((at - began) / span) * WIDTH));
  const words = knowledge
    .map(({ status, at }) => strings.hood.receivedAt(strings.statuses[status], duration(at - began)))
    .join(', ');
  return (
    <svg
      className="bar-plot"
      viewBox={`0 0 ${WIDTH} 4`}
      preserveAspectRatio="none"
      role="img"
      aria-label={strings.hood.plot(name, words)}
    >
      <rect className="track" width={WIDTH} height="4" />
      {knowledge.map(({ status, at }, index) => {
        const next = knowledge[index + 1];
        return (
          <rect
            key={at}
            className={`fill-${status}`}
            x={x(at)}
            width={(next ? x(next.at) : WIDTH) - x(at)}
            height="4"
          />
        );
      })}
    </svg>
  );
}

/** When the status changed, by the service's clock. */
function changesOf(events: readonly OperationEvent[]): Knowledge[] {
  const all = events.map(({ occurredAt, operation }) => ({ status: operation.status, at: Date.parse(occurredAt) }));
  const isChange = (status: Status, index: number) => all[index - 1]?.status !== status;
  return all.filter(({ status }, index) => isChange(status, index));
}

function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
