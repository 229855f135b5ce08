import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as requestByTls } from 'node:https';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { SECONDS } from '../../time/durations.js';
import { isPrivate, literalAddress, PrivateAddress, publicLookup } from './private-addresses.js';

/** For an attempt in all: name, connection, answer. */
const TIMEOUT = 15 * SECONDS;

/** Shorter than servers keep an idle connection: a delivery on one that its server closes meanwhile would fail. */
const IDLE = 4 * SECONDS;

/** Bytes of an answer that are read and kept. */
const MOST_BODY = 1024;

/** `status` null: no answer. `error`: why it was no success. */
export interface Answer {
  status: number | null;
  body: string;
  error: string | null;
}

/**
 * Sends a webhook once. Follows no redirect: its target would be another endpoint, unchecked. Not by undici: its import
 * replaces the connections of Node's own fetch, by which payment providers are called.
 */
@Injectable()
@StopsIn('connections')
export class WebhookSender {
  private readonly agent: Agent;
  private readonly tlsAgent: TlsAgent;

  constructor(@Inject(CONFIG.webhooks) private readonly config: Config['webhooks']) {
    const options = { keepAlive: true, timeout: IDLE, ...(!config.allowPrivate && { lookup: publicLookup }) };
    this.agent = new Agent(options);
    this.tlsAgent = new TlsAgent(options);
  }

  /** @throws only if `stop` was aborted */
  async send(url: string, headers: Record<string, string>, body: string, stop: AbortSignal): Promise<Answer> {
    const timeout = AbortSignal.timeout(TIMEOUT);
    try {
      const target = new URL(url);
      this.expectPublic(target);
      const response = await this.post(target, headers, body, AbortSignal.any([timeout, stop]));
      const { statusCode: status = 0 } = response;
      return { status, body: await beginningOf(response), error: errorOf(status) };
    } catch (error) {
      if (stop.aborted) throw error;
      const reason = timeout.aborted
        ? `Expected an answer within ${TIMEOUT / SECONDS} s, found none.`
        : reasonOf(error);
      return { status: null, body: '', error: reason };
    }
  }

  stop(): void {
    this.agent.destroy();
    this.tlsAgent.destroy();
  }

  private post(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const options = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal };
    return new Promise((resolve, reject) => {
      const sent =
        url.protocol === 'https:'
          ? requestByTls(url, { ...options, agent: this.tlsAgent }, resolve)
          : request(url, { ...options, agent: this.agent }, resolve);
      sent.on('error', reject).end(body);
    });
  }

  /** The lookup is not asked for an address. */
  private expectPublic(url: URL): void {
    const address = literalAddress(url);
    if (!this.config.allowPrivate && address && isPrivate(address)) throw PrivateAddress.of(url.hostname, address);
  }
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop closes the connection: an endless answer ends here.
    if (bytes >= MOST_BODY) break;
  }
  // PostgreSQL's text has no NUL.
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, MOST_BODY)).replaceAll('\0', '\ufffd');
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  const advice = status >= 300 && status < 400 ? ' Redirects are not followed: change the URL of the endpoint.' : '';
  return `Expected a status from 200 to 299, found ${status}.${advice}`;
}

function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}
