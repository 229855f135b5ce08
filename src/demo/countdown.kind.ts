import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type Execution, Kind, type OperationKind } from '../operations/kinds/operation-kind.js';
import { type Outcome, succeeded } from '../operations/kinds/outcome.js';
import { SECONDS } from '../time/durations.js';

const input = z
  .strictObject({ seconds: z.int().min(1).max(60).meta({ description: 'How long to count.' }) })
  .meta({ id: 'DemoCountdownInput' });

const result = z.strictObject({ counted: z.int() }).meta({ id: 'DemoCountdownResult' });

/** Counts down once a second: for trying out progress, following and canceling. */
@Kind({
  name: 'demo.countdown',
  summary: 'Count down, with progress',
  input,
  result,
  timeLimitMs: 120 * SECONDS,
  keeps: { input: ['seconds'], result: ['counted'] },
  examples: { 'ten seconds': { summary: 'Ten seconds', input: { seconds: 10 } } },
})
export class DemoCountdown implements OperationKind<typeof input, typeof result> {
  async execute({
    input: { seconds },
    signal,
    progress,
  }: Execution<z.output<typeof input>>): Promise<Outcome<z.output<typeof result>>> {
    for (let passed = 1; passed <= seconds; passed += 1) {
      await wait(SECONDS, undefined, { signal }).catch(() => signal.throwIfAborted());
      const left = seconds - passed;
      await progress({ percent: Math.round((100 * passed) / seconds), message: `${left} s left` });
      signal.throwIfAborted();
    }
    return succeeded({ counted: seconds });
  }
}
