/** Most operations in one statement, and most callers that may wait for one. */
export const BATCH_LIMITS = { largest: 500, mostWaiting: 10_000 } as const;
