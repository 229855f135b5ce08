import type { OperationStatistics, Status } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';
import { count, duration } from '../format';
import { strings } from '../strings';
import { Plot, type Series } from './plot';

const MINUTES = 5;
const EVERY_MS = 3000;

type Bucket = OperationStatistics['buckets'][number];

/** The rate per second in each bucket, and overall. */
function rateOf(
  of: (bucket: Bucket) => number,
  { buckets, bucketSeconds }: OperationStatistics,
): Pick<Series, 'values' | 'overall'> {
  const values = buckets.map((bucket) => of(bucket) / bucketSeconds);
  return { values, overall: values.reduce((sum, value) => sum + value, 0) / values.length };
}

/** Operations that end per second, and how long they take, over the last minutes. */
export function Statistics() {
  const statistics = useStatistics();
  const { series } = strings.operations;
  const times = statistics?.buckets.map(({ at }) => Date.parse(at) / 1000) ?? [];
  const rates: Series[] = statistics
    ? [
        { name: series.success, colour: '--success', ...rateOf(({ ended }) => ended.success, statistics) },
        { name: series.failed, colour: '--failed', ...rateOf(({ ended }) => ended.failed, statistics) },
        { name: series.other, colour: '--muted', ...rateOf(({ ended }) => ended.canceled + ended.expired, statistics) },
      ]
    : [];
  const durations: Series[] = statistics
    ? [
        {
          name: series.p50,
          colour: '--accent',
          overall: statistics.p50Ms,
          values: statistics.buckets.map(({ p50Ms }) => p50Ms),
        },
        {
          name: series.p99,
          colour: '--waiting',
          overall: statistics.p99Ms,
          values: statistics.buckets.map(({ p99Ms }) => p99Ms),
        },
      ]
    : [];
  return (
    <div className="statistics">
      <section className="card now" aria-labelledby="now-title">
        <h2 id="now-title">{strings.operations.now}</h2>
        <dl>
          {Object.entries(
            statistics?.unfinished ?? { pending: 0, processing: 0, requires_action: 0, reconciling: 0 },
          ).map(([status, number]) => (
            <div key={status}>
              <dt>{strings.statuses[status as Status]}</dt>
              <dd>{count(number)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Plot
        title={strings.operations.rate}
        note={strings.operations.seconds(MINUTES)}
        times={times}
        series={rates}
        format={count}
      />
      <Plot
        title={strings.operations.took}
        note={strings.operations.seconds(MINUTES)}
        times={times}
        series={durations}
        format={duration}
      />
    </div>
  );
}

function useStatistics(): OperationStatistics | undefined {
  const client = useOutcome();
  const [statistics, setStatistics] = useState<OperationStatistics>();
  useEffect(() => {
    const leaving = new AbortController();
    const read = () => {
      if (document.visibilityState === 'hidden') return;
      const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(EVERY_MS * 2)]);
      // The last bucket is not over yet.
      client.statistics({ minutes: MINUTES, signal }).then(
        ({ buckets, ...rest }) => setStatistics({ ...rest, buckets: buckets.slice(0, -1) }),
        () => undefined,
      );
    };
    read();
    const timer = setInterval(read, EVERY_MS);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [client]);
  return statistics;
}
