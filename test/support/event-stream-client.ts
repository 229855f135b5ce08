import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

/** One message of a stream of server-sent events. */
export interface ServerSentEvent {
  id?: string;
  event?: string;
  data?: string;
}

/** A client of server-sent events on its own connection, which shows everything received. */
export class EventStreamClient {
  /** The lines that a browser hides: comments and `retry`. */
  readonly asides: string[] = [];
  readonly ended: Promise<void>;
  private buffer = '';

  private constructor(
    private readonly response: IncomingMessage,
    onEvent: (event: ServerSentEvent) => void,
  ) {
    response.setEncoding('utf8');
    response.on('error', () => undefined);
    response.on('data', (text: string) => this.read(text, onEvent));
    this.ended = new Promise((resolve) => response.on('close', resolve));
  }

  static async open(
    url: string,
    headers: Record<string, string>,
    onEvent: (event: ServerSentEvent) => void,
    gone?: AbortSignal,
  ) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = {
        agent: false,
        headers: { Accept: 'text/event-stream', ...headers },
        ...(gone && { signal: gone }),
      };
      get(url, options, resolve).on('error', reject);
    });
    return new EventStreamClient(response, onEvent);
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  /** True if the server ended the stream; false if the connection broke. */
  get complete(): boolean {
    return this.response.complete;
  }

  /** The body, if the answer is not a stream. */
  async text(): Promise<string> {
    await this.ended;
    return this.buffer;
  }

  /** Stops reading for now. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.response.destroy();
  }

  private read(text: string, onEvent: (event: ServerSentEvent) => void): void {
    const blocks = (this.buffer + text).split('\n\n');
    this.buffer = blocks.pop() ?? '';
    for (const lines of blocks.map((block) => block.split('\n'))) {
      const fields = lines.map((line) => /^(id|event|data): (.*)$/.exec(line));
      if (fields.includes(null)) this.asides.push(...lines);
      else onEvent(Object.fromEntries(fields.map((field) => [field?.[1], field?.[2]])));
    }
  }
}
