/** A message of PostgreSQL's (postgresql.org/docs/18/protocol-message-formats.html). */
interface Message {
  type: string;
  body: Buffer;
}

const HEAD = 5;
const ROW_DESCRIPTION = 'T';
const DATA_ROW = 'D';
const COMMAND_COMPLETE = 'C';
const ERROR_RESPONSE = 'E';
const READY_FOR_QUERY = 'Z';
const SUCH_AS_NOBODY_SENDS = '<';

/** True if the answer to a statement is complete. */
export const isWhole = (answer: Buffer) => {
  const messages = messagesIn(answer);
  return messages.at(-1)?.type === READY_FOR_QUERY && lengthOf(messages) === answer.length;
};

/** The answer replaced by an error. */
export const withError = (answer: Buffer) =>
  inPlaceOfResults(answer, [
    { type: ERROR_RESPONSE, body: Buffer.from('SERROR\0VERROR\0CXX000\0MA fault that the test has planned.\0\0') },
  ]);

/** Bytes that are not a message of PostgreSQL. */
export const withGarbage = (answer: Buffer) =>
  inPlaceOfResults(answer, [{ type: SUCH_AS_NOBODY_SENDS, body: Buffer.from('html>Welcome to the hotel’s network') }]);

/** One row without columns. */
export const withEmptyRow = (answer: Buffer) =>
  inPlaceOfResults(answer, [
    { type: ROW_DESCRIPTION, body: Buffer.alloc(2) },
    { type: DATA_ROW, body: Buffer.alloc(2) },
    { type: COMMAND_COMPLETE, body: Buffer.from('SELECT 1\0') },
  ]);

/** The same rows with another value in the columns of these names. */
export function withValue(answer: Buffer, names: readonly string[], value: string): Buffer {
  let columns: string[] = [];
  return written(
    messagesIn(answer).map(({ type, body }) => {
      if (type === ROW_DESCRIPTION) columns = columnsOf(body);
      return { type, body: type === DATA_ROW ? rowWith(body, (at) => names.includes(columns[at] ?? ''), value) : body };
    }),
  );
}

const RESULTS = [ROW_DESCRIPTION, DATA_ROW, COMMAND_COMPLETE];

function inPlaceOfResults(answer: Buffer, others: Message[]): Buffer {
  const messages = messagesIn(answer);
  const end = messages.filter(({ type }) => type === READY_FOR_QUERY);
  return written([...messages.filter(({ type }) => ![...RESULTS, READY_FOR_QUERY].includes(type)), ...others, ...end]);
}

function messagesIn(answer: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + HEAD <= answer.length;) {
    const end = at + 1 + answer.readInt32BE(at + 1);
    if (end > answer.length) break;
    messages.push({ type: String.fromCharCode(answer[at] ?? 0), body: answer.subarray(at + HEAD, end) });
    at = end;
  }
  return messages;
}

const lengthOf = (messages: readonly Message[]) => messages.reduce((sum, { body }) => sum + HEAD + body.length, 0);

const written = (messages: readonly Message[]) =>
  Buffer.concat(
    messages.flatMap(({ type, body }) => {
      const head = Buffer.alloc(HEAD);
      head.write(type);
      head.writeInt32BE(body.length + HEAD - 1, 1);
      return [head, body];
    }),
  );

/** Each name ends with a zero byte, and 18 bytes about the column follow. */
function columnsOf(description: Buffer): string[] {
  let at = 2;
  return Array.from({ length: description.readInt16BE(0) }, () => {
    const end = description.indexOf(0, at);
    const name = description.toString('utf8', at, end);
    at = end + 1 + 18;
    return name;
  });
}

/** Each value follows its length, which is -1 for null. */
function rowWith(row: Buffer, isOther: (column: number) => boolean, value: string): Buffer {
  const parts = [row.subarray(0, 2)];
  let at = 2;
  for (let column = 0; column < row.readInt16BE(0); column += 1) {
    const end = at + 4 + Math.max(row.readInt32BE(at), 0);
    if (isOther(column)) {
      const length = Buffer.alloc(4);
      length.writeInt32BE(Buffer.byteLength(value));
      parts.push(length, Buffer.from(value));
    } else parts.push(row.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}
