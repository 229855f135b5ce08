import { once } from 'node:events';
import type { OperationRecord } from '../domain/operation.js';
import type { RegisteredKind } from '../kinds/kind-register.js';
import { unknown } from '../kinds/outcome.js';
import { storedInput } from '../kinds/stored-input.js';

/**
 * What a kind needs to ask the provider outside a worker. All answers share the time limit of one attempt; after it,
 * `inTime` returns `unknown`.
 */
export function inquiryNow({ id: operationId, tenant, input }: Readonly<OperationRecord>, kind: RegisteredKind) {
  const signal = AbortSignal.timeout(kind.timeLimitMs);
  const tooLate = once(signal, 'abort').then(() => unknown('time_is_up'));
  return {
    inquiry: { operationId, tenant, input: storedInput(kind, input), signal },
    inTime: <T>(answer: Promise<T>) => Promise.race([answer, tooLate]),
  };
}
