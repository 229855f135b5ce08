import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { IncomingWebhook } from '../../../src/payments/providers/payment-provider.js';
import type { WireFault } from '../../contracts/provider-under-test.js';
import { KestrelCharges, type KestrelMove, OtherTerms, type Terms } from './kestrel-charges.js';
import { TOKENS } from './kestrel-tokens.js';

interface Answer {
  status: number;
  body: unknown;
}

type GoesAstray = NonNullable<(typeof TOKENS)[string]['goesAstray']>['how'] | WireFault;

/**
 * Kestrel, a fictional payment provider with its own tokens, words and signatures. Our key is part of the address, so
 * that a repeated request is idempotent; requests and answers are JSON.
 */
export class KestrelDouble {
  readonly key = `kk-${randomUUID()}`;
  readonly secrets: readonly [string, string] = [`ks-${randomUUID()}`, `ks-${randomUUID()}`];
  readonly charges = new KestrelCharges(() => this.url);
  private readonly planned: { on: string; fault: WireFault }[] = [];
  private readonly astray = new Map<string, number>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<KestrelDouble> {
    const server = createServer();
    const double = new KestrelDouble(server);
    server.on('request', (incoming, outgoing) => void double.receive(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /**
   * Plans a fault for the next request that begins with `on`, such as `PUT /charges/`, after Kestrel has executed it.
   */
  misbehave(on: string, fault: WireFault): void {
    this.planned.push({ on, fault });
  }

  /** A webhook about a charge, as Kestrel sends it. */
  webhookAbout(key: string): IncomingWebhook {
    const { code, op } = this.charges.get(key);
    const event = {
      event: `ev.${randomUUID()}`,
      name: 'charge.changed',
      at: new Date().toISOString(),
      about: { code, op },
    };
    return this.signed(Buffer.from(JSON.stringify(event)));
  }

  /** Signs the time, a line feed and the body, by HMAC with SHA-512. */
  signed(
    body: Buffer,
    { at = new Date(), secret = this.secrets[0] }: { at?: Date; secret?: string } = {},
  ): IncomingWebhook {
    const sent = at.toISOString();
    const mac = createHmac('sha512', secret).update(`${sent}\n`).update(body).digest('base64url');
    return { body, headers: { 'content-type': 'application/json', 'kestrel-sent': sent, 'kestrel-mac': mac } };
  }

  private async receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const body = JSON.parse(Buffer.concat(chunks).toString() || 'null') as unknown;
    const fault = this.faultOf(`${method} ${url}`, body);
    if (fault === 'cut_before') return void outgoing.destroy();
    const answer =
      fault === 'busy' ? { status: 503, body: { error: 'busy' } } : this.answer(method, url, headers, body);
    if (fault === 'cut' || fault === 'cut_after') return void outgoing.destroy();
    const { status, body: sent } = tampered(answer, fault);
    outgoing
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(typeof sent === 'string' ? sent : JSON.stringify(sent));
  }

  private faultOf(request: string, body: unknown): GoesAstray | undefined {
    const at = this.planned.findIndex(({ on }) => request.startsWith(on));
    if (at >= 0) return this.planned.splice(at, 1)[0]?.fault;
    const { times, how } = TOKENS[(body as Partial<Terms> | null)?.token ?? '']?.goesAstray ?? {
      times: 0,
      how: undefined,
    };
    const before = this.astray.get(request) ?? 0;
    if (before >= times) return undefined;
    this.astray.set(request, before + 1);
    return how;
  }

  private answer(method: string, url: string, { authorization }: IncomingMessage['headers'], body: unknown): Answer {
    if (authorization !== `Key ${this.key}`) return { status: 401, body: { error: 'key' } };
    const [what = '', name = '', then, last = ''] = url.slice(1).split('/').map(decodeURIComponent);
    try {
      const found = this.obey(`${method} ${[what, then].filter(Boolean).join(' ')}`, name, last, body);
      return found ? { status: 200, body: structuredClone(found) } : { status: 404, body: { error: 'nothing_there' } };
    } catch (error) {
      if (error instanceof OtherTerms) return { status: 409, body: { error: 'other_terms' } };
      return { status: 501, body: { error: String(error) } };
    }
  }

  private obey(what: string, name: string, last: string, body: unknown): object | undefined {
    switch (what) {
      case 'PUT charges':
        return this.charges.put(name, body as Terms);
      case 'PUT charges stop':
        return this.charges.stop(name, (body as Terms).op);
      case 'GET charges':
        return this.charges.find(name);
      case 'GET codes':
        return this.charges.byCode(name);
      case 'PUT codes moves':
        return this.charges.move(name, last, body as KestrelMove);
      case 'GET moves':
        return this.charges.findMove(name);
      default:
        throw new Error(`Kestrel knows no ${what}.`);
    }
  }
}

function tampered(answer: Answer, fault: GoesAstray | undefined): Answer {
  switch (fault) {
    case 'error_500':
      return { status: 500, body: { error: 'ours' } };
    case 'garbage':
      return { status: 200, body: '<html><body>Welcome to the hotel’s network</body></html>' };
    case 'empty':
      return { status: 200, body: {} };
    case 'strange_status':
      return { ...answer, body: { ...(answer.body as object), phase: 'of_tomorrow', state: 'of_tomorrow' } };
    default:
      return answer;
  }
}
