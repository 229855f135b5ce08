import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  /** By names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** Sends bytes over a socket and returns the whole answer: for requests that no HTTP client would send. */
export async function sendRaw(url: string, ...parts: (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  await once(socket, 'close', { signal: AbortSignal.timeout(40_000) });
  return Buffer.concat(chunks).toString();
}

/** Sends a request with exactly these header lines, in their order and number. */
export async function requestRaw(
  url: string,
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[] = [],
  body: string | Uint8Array = '',
): Promise<RawAnswer> {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(given.has('host') ? [] : [`Host: ${new URL(url).host}`]),
    ...(given.has('content-length') || given.has('transfer-encoding') || body.length === 0
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  return answerOf(await sendRaw(url, `${lines.join('\r\n')}\r\n\r\n`, body));
}

export function answerOf(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ]);
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers), body: text.slice(end + 4) };
}
