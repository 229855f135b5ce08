const HEX = 16;

/** When an operation started, by its id: a UUIDv7 begins with the time in milliseconds (RFC 9562, 5.7). */
export const startOf = (operationId: string): Date =>
  new Date(parseInt(operationId.replaceAll('-', '').slice(0, 12), HEX));
