import { once } from 'node:events';
import type { OperationRecord } from '../domain/operation.js';
import type { RegisteredKind } from '../kinds/kind-register.js';
import { unknown } from '../kinds/outcome.js';
import { storedInput } from '../kinds/stored-input.js';

/**
 * What a kind needs to ask the provider outside any worker. All answers together have the time of one attempt; once it
 * is up, `inTime` answers that it is unknown.
 */
export function inquiryNow({ id: operationId, input }: Readonly<OperationRecord>, kind: RegisteredKind) {
  const signal = AbortSignal.timeout(kind.timeLimitMs);
  const tooLate = once(signal, 'abort').then(() => unknown('time_is_up'));
  return {
    inquiry: { operationId, input: storedInput(kind, input), signal },
    inTime: <T>(answer: Promise<T>) => Promise.race([answer, tooLate]),
  };
}
