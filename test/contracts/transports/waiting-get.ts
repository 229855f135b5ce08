import type { z } from 'zod';
import type { operationHistory } from '../../../src/operations/contract/history.contract.js';
import type { OperationView } from '../../../src/operations/contract/operation-view.js';
import type { ProblemDocument } from '../../../src/problems/problem.js';
import { EventRecorder } from '../../support/event-recorder.js';
import { withMetadata } from '../../support/service.js';
import { ProblemError, type Transport } from '../transport.js';

type History = z.output<typeof operationHistory>;

/** A GET that waits for the next version, and then reads the new events of the history. */
export const waitingGet: Transport = {
  async listen(url, operationId, afterVersion, gone, token) {
    const recorder = new EventRecorder();
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, ...(gone ? [gone] : [])]);
    const address = `${url}/api/operations/${operationId}`;

    const ask = async <Body>(path: string, headers: Record<string, string> = {}): Promise<Body | undefined> => {
      const authorization = token !== undefined && { Authorization: `Bearer ${token}` };
      const response = await fetch(address + path, { headers: { ...headers, ...authorization }, signal });
      if (response.status === 304) return undefined;
      if (response.ok) return (await response.json()) as Body;
      throw new ProblemError((await response.json()) as ProblemDocument);
    };
    const catchUp = async () => {
      for (let after: number | null = lastVersion; after !== null;) {
        const page: History = (await ask<History>(`/events?after=${after}`))!;
        recorder.record(...withMetadata(page.metadata, page.items));
        after = page.next;
      }
      lastVersion = recorder.last || lastVersion;
    };
    const goOn = async () => {
      while (!done && !recorder.hasEnded) {
        const operation = await ask<OperationView>('', { Prefer: 'wait=20', 'If-None-Match': `"v${lastVersion}"` });
        done = operation?.done ?? false;
        await catchUp();
      }
      recorder.finish();
    };

    const present = await ask<OperationView>('');
    let done = present?.done ?? false;
    let lastVersion = afterVersion;
    await catchUp();
    const hasEnded = (error: unknown) => error instanceof ProblemError && error.problem.code === 'credentials_expired';
    goOn().catch((error: unknown) =>
      signal.aborted || hasEnded(error) ? recorder.finish() : recorder.fail(error as Error),
    );
    return { recorder, cut: () => cut.abort() };
  },
};
