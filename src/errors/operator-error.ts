/** What the operator can mend, at a start or with a command: its message says how, so nobody needs its stack. */
export class OperatorError extends Error {}

/** What to print of an error. */
export const toPrint = (error: unknown): unknown => (error instanceof OperatorError ? error.message : error);
