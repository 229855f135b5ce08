import { OperatorError } from '../errors/operator-error.js';

/** What the command line asks for cannot be understood. */
export class UsageError extends OperatorError {}
