import type { Clock } from '../clock/clock.js';
import type { MaintenanceTask } from '../maintenance/maintenance-task.js';
import { SECONDS } from '../time/durations.js';

/**
 * BullMQ delays a failed job by the wall clock of its workers, not by the service's clock: once that wall clock is set
 * back, the job would sleep on.
 * @param promoteRunAfter runs the failed jobs now whose last run began after this time, in milliseconds of that clock
 */
export function wakeSleepingJobs(clock: Clock, promoteRunAfter: (then: number) => Promise<unknown>): MaintenanceTask {
  // It may also have been set back while no process ran.
  let setBacksSeen = -1;
  const run = async () => {
    const { setBacks } = clock;
    if (setBacks === setBacksSeen) return;
    // eslint-disable-next-line no-restricted-syntax -- BullMQ stamps its jobs by this clock
    await promoteRunAfter(Date.now() + SECONDS);
    setBacksSeen = setBacks;
  };
  return { name: 'sleeping-jobs', everyMs: SECONDS, scope: 'node', run };
}
