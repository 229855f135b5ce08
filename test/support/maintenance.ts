import { Clock } from '../../src/clock/clock.js';
import { MaintenanceRunner } from '../../src/maintenance/maintenance-runner.js';
import { HeldClock } from './held-clock.js';
import { eventually, type Service } from './service.js';

/** The service's clock, ahead by as much as the test says. */
export function holdClock({ outcome }: Service): HeldClock {
  const held = new HeldClock();
  Object.assign(outcome.app.get(Clock, { strict: false }), { now: () => held.now() });
  return held;
}

/** Resolves when a task has run that began after this call. */
export async function taskHasRun({ outcome }: Service, name: string): Promise<void> {
  const report = outcome.app.get(MaintenanceRunner, { strict: false }).reports.get(name);
  if (!report) throw new Error(`Expected a maintenance task "${name}", found none.`);
  // The first run may have begun earlier; the second begins only after it has ended.
  const wanted = report.succeeded + 2;
  await eventually(async () => report.succeeded >= wanted);
}
