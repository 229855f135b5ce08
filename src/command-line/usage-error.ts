/** What the command line asks for cannot be understood. */
export class UsageError extends Error {}
