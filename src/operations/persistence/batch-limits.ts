/** Of operations that share a statement, and of callers that may wait for theirs. */
export const BATCH_LIMITS = { largest: 500, mostWaiting: 10_000 } as const;
