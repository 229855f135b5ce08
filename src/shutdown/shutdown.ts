import { type INestApplicationContext, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { SECONDS } from '../time/durations.js';
import { withTimeout } from '../time/with-timeout.js';

/** A process stops phase by phase; docs/shutdown.md lists what stops in each and why. */
export const PHASES = ['requests', 'work', 'answers', 'server', 'connections'] as const;
export type Phase = (typeof PHASES)[number];

/** SHUTDOWN_MS is for running work. The first phase ends at most a second after it, each other one a second later. */
const endOf = (phase: Phase, shutdownMs: number) => shutdownMs + (PHASES.indexOf(phase) + 1) * SECONDS;

export const longestShutdown = (shutdownMs: number) => endOf('connections', shutdownMs);

interface Stoppable {
  stop(): void | Promise<void>;
}

export interface Step extends Stoppable {
  name: string;
  phase: Phase;
}

const InPhase = DiscoveryService.createDecorator<Phase>();

/** The provider's `stop` is called in this phase. */
export const StopsIn = (phase: Phase) => (type: new (...args: never[]) => Stoppable) => void InPhase(phase)(type);

/** One step per provider with `@StopsIn()`. */
export function stepsOf(app: INestApplicationContext): Step[] {
  const discovery = app.get(DiscoveryService, { strict: false });
  return discovery.getProviders({ metadataKey: InPhase.KEY }).map((provider) => {
    const instance = provider.instance as Stoppable;
    const phase = discovery.getMetadataByDecorator(InPhase, provider) as Phase;
    return { name: instance.constructor.name, phase, stop: () => instance.stop() };
  });
}

class NotEnded extends Error {}

/**
 * Runs the steps of each phase concurrently. A step that fails, or exceeds its phase, is logged and does not delay
 * later phases.
 * @returns the names of the steps that have not ended.
 */
export async function shutDown(
  steps: readonly Step[],
  shutdownMs: number,
  logger: Pick<Logger, 'warn'> = new Logger('Shutdown'),
): Promise<string[]> {
  const began = performance.now();
  const late: string[] = [];
  const take = async (step: Step) => {
    const { name, phase } = step;
    const left = began + endOf(phase, shutdownMs) - performance.now();
    try {
      await withTimeout(left, (async () => step.stop())(), () => new NotEnded());
    } catch (err) {
      if (!(err instanceof NotEnded)) logger.warn({ msg: 'a step of the shutdown has failed', step: name, phase, err });
      else {
        late.push(name);
        logger.warn({ msg: 'a step of the shutdown has not ended in time', step: name, phase });
      }
    }
  };
  for (const phase of PHASES) await Promise.all(steps.filter((step) => step.phase === phase).map(take));
  return late;
}
