import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import Stripe from 'stripe';
import type { IncomingWebhook } from '../../../src/payments/providers/payment-provider.js';
import { type Account, ENDPOINTS } from './endpoints.js';
import { Disputes } from './disputes.js';
import { type Fault, Faults } from './faults.js';
import { Intents, type Moved } from './intents.js';
import { type Answer, KeptAnswers } from './kept-answers.js';
import { readForm, readParameters } from './parameters.js';
import { PAYMENT_METHODS } from './payment-methods.js';
import { Refunds } from './refunds.js';
import { ErrorResponse } from './error-response.js';

export interface ReceivedRequest {
  method: string;
  path: string;
  key: string;
  /** The form or the query as sent. */
  said: string;
  /** The answer, once it was sent. */
  answered?: unknown;
}

/** The shortest duration of a call, so that two calls under one key overlap. */
const UNDER_WAY_MS = 5;

/**
 * The part of Stripe that we use, as a local server: it accepts exactly what Stripe's published API accepts, and its
 * answers have every field. It records the money, and fails as a test tells it to.
 */
export class StripeDouble implements Account {
  readonly secretKey = `sk_test_${randomUUID().replaceAll('-', '')}`;
  readonly accountId = `acct_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  readonly webhookSecret = `whsec_${randomUUID().replaceAll('-', '')}`;
  readonly intents = new Intents();
  readonly refunds = new Refunds(this.intents);
  readonly disputes = new Disputes(this.intents);
  readonly faults = new Faults();
  readonly kept = new KeptAnswers();
  /** Every request, in order. */
  readonly requests: ReceivedRequest[] = [];
  /** A minute, as at Stripe (docs.stripe.com/search#data-freshness). */
  searchLagMs = 60_000;
  /** By key and payment method: how often the method's fault has occurred. */
  private readonly played = new Map<string, number>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<StripeDouble> {
    const server = createServer();
    const double = new StripeDouble(server);
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

  /** The money moved under a charge's key, by any number of PaymentIntents. */
  books(chargeKey: string): Moved {
    const all = this.intents.under(chargeKey).map(({ moved }) => moved);
    const sum = (name: 'charges' | 'authorized' | 'captured' | 'refunded' | 'disputed') =>
      all.reduce((total, moved) => total + moved[name], 0);
    return {
      charges: sum('charges'),
      authorized: sum('authorized'),
      captured: sum('captured'),
      refunded: sum('refunded'),
      disputed: sum('disputed'),
      voided: all.some(({ voided }) => voided),
    };
  }

  /** The PaymentIntent made under a charge's key. */
  chargedUnder(chargeKey: string): Stripe.PaymentIntent {
    const [entry] = this.intents.under(chargeKey);
    if (!entry) throw new Error(`Expected a PaymentIntent under ${chargeKey}, found none.`);
    return entry.intent;
  }

  /** The customer approves or refuses at their bank. */
  answerCustomer(chargeKey: string, answer: 'approve' | 'refuse'): void {
    const intent = this.chargedUnder(chargeKey);
    if (intent.status !== 'requires_action')
      throw new Error(`Nobody asks the customer of ${intent.id}: it is ${intent.status}.`);
    if (answer === 'approve') this.intents.approve(intent);
    else this.intents.refuse(intent);
  }

  /** A declined customer pays with another card, which requires only the client secret. */
  payAgain(chargeKey: string): void {
    const intent = this.chargedUnder(chargeKey);
    if (intent.status !== 'requires_payment_method')
      throw new Error(`Nobody can pay ${intent.id}: it is ${intent.status}.`);
    this.intents.approve(intent);
  }

  /** Completes slow payments and refunds. */
  completePending(chargeKey: string): void {
    const intent = this.chargedUnder(chargeKey);
    if (intent.status === 'processing') this.intents.approve(intent);
    this.refunds.settle(intent.id);
  }

  /** An operator in Stripe's dashboard, or the cardholder's bank, moves money of a charge without a call of ours. */
  actInDashboard(
    chargeKey: string,
    act: 'capture' | 'void' | 'refund' | 'dispute' | 'win_dispute',
    amount?: number,
  ): void {
    const { id } = this.chargedUnder(chargeKey);
    const some = amount === undefined ? {} : { amount };
    if (act === 'capture') this.intents.capture(id, amount === undefined ? {} : { amount_to_capture: amount });
    else if (act === 'void') this.intents.cancel(id, {});
    else if (act === 'refund') this.refunds.create({ payment_intent: id, ...some });
    else if (act === 'dispute') this.disputes.open(id, some);
    else this.disputes.win(id);
  }

  /** A charge's first request, which was lost on its way, arrives now. */
  async arriveLate(chargeKey: string): Promise<void> {
    const lost = this.requests.find(({ method, key }) => method === 'POST' && key === chargeKey);
    if (!lost) throw new Error(`Expected a request under ${chargeKey}, found none.`);
    const headers = { authorization: `Bearer ${this.secretKey}`, 'stripe-version': Stripe.API_VERSION };
    await this.answer(lost, headers);
  }

  /** Resolves when the next charge was made, before its answer is sent. */
  async charges(signal: AbortSignal): Promise<void> {
    await once(this.server, 'charged', { signal });
  }

  /** An event with Stripe's signature. */
  webhook(type: string, object: object, { at = new Date(), secret = this.webhookSecret } = {}): IncomingWebhook {
    const event = {
      id: `evt_${randomUUID()}`,
      object: 'event',
      api_version: Stripe.API_VERSION,
      created: Math.floor(at.getTime() / 1000),
      data: { object },
      livemode: false,
      pending_webhooks: 1,
      request: null,
      type,
    };
    return this.signed(Buffer.from(JSON.stringify(event)), { at, secret });
  }

  /** Any body with Stripe's signature (docs.stripe.com/webhooks#verify-manually). */
  signed(
    body: Buffer,
    { at = new Date(), secret = this.webhookSecret }: { at?: Date; secret?: string } = {},
  ): IncomingWebhook {
    const t = Math.floor(at.getTime() / 1000);
    const v1 = createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex');
    return { body, headers: { 'content-type': 'application/json', 'stripe-signature': `t=${t},v1=${v1}` } };
  }

  webhookAbout(chargeKey: string): IncomingWebhook {
    return this.webhook('payment_intent.succeeded', this.chargedUnder(chargeKey));
  }

  private async receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', headers } = incoming;
    const { pathname: path, search } = new URL(incoming.url ?? '', this.url);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const key = String(headers['idempotency-key'] ?? '');
    const request: ReceivedRequest = {
      method,
      path,
      key,
      said: method === 'POST' ? Buffer.concat(chunks).toString() : search,
    };
    this.requests.push(request);
    const fault = this.faults.next(`${method} ${path}`) ?? this.faultOfMethod(request);
    if (this.goesAstray(outgoing, fault, 'before')) return;
    const { status, body, replayed } = garbled(await this.answer(request, headers, fault), fault);
    if (`${method} ${path}` === 'POST /v1/payment_intents' && status === 200 && !replayed) this.server.emit('charged');
    if (this.goesAstray(outgoing, fault, 'after')) return;
    request.answered = body;
    outgoing.writeHead(status, {
      'Content-Type': 'application/json',
      'Request-Id': `req_${randomUUID()}`,
      ...(replayed && { 'Idempotent-Replayed': 'true' }),
    });
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  /** True if the fault replaces the answer, or loses it. */
  private goesAstray(outgoing: ServerResponse, fault: Fault | undefined, now: 'before' | 'after'): boolean {
    if (!fault || !('when' in fault) || fault.when !== now) return false;
    if (fault.type === 'garbled') return false;
    if (fault.type === 'answered') {
      if (now === 'after') return false;
      const { status, body } = failureOf(fault.status);
      outgoing.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    }
    if (fault.type === 'cut') outgoing.destroy();
    return true;
  }

  private faultOfMethod({ method, path, key, said }: ReceivedRequest): Fault | undefined {
    const paymentMethod = readForm(said).payment_method;
    if (method !== 'POST' || path !== '/v1/payment_intents' || typeof paymentMethod !== 'string') return undefined;
    const behaviour = PAYMENT_METHODS[paymentMethod];
    const id = `${paymentMethod} ${key}`;
    const times = this.played.get(id) ?? 0;
    if (!behaviour?.fault || times >= behaviour.fault.times) return undefined;
    this.played.set(id, times + 1);
    return behaviour.fault.fault;
  }

  private async answer(
    request: ReceivedRequest,
    headers: IncomingMessage['headers'],
    fault?: Fault,
  ): Promise<Answer & { replayed?: boolean }> {
    try {
      return await this.obey(request, headers, fault);
    } catch (error) {
      return refused(error);
    }
  }

  /** Errors here precede Stripe's execution, and are not kept under the key. */
  private async obey({ method, path, key, said }: ReceivedRequest, headers: IncomingMessage['headers'], fault?: Fault) {
    this.checkHeaders(headers);
    const known = ENDPOINTS.find((endpoint) => endpoint.method === method && endpoint.path.test(path));
    if (!known) throw ErrorResponse.notPlayed(`${method} ${path}`);
    const params = readParameters(readForm(said), known.parameters);
    const id = known.path.exec(path)?.groups?.id ?? '';
    const act = () => known.act(this, params, { id, key });
    if (method === 'GET') return { status: 200, body: act() };
    if (!key)
      throw ErrorResponse.of(400, 'The double wants an Idempotency-Key with every POST, so that none is forgotten.');
    const before = this.kept.find(key, `${path}?${said}`);
    if (before) return { ...before, replayed: true };
    this.kept.begin(key, `${path}?${said}`);
    await (fault?.type === 'held' ? fault.at.pass() : wait(fault?.type === 'slow' ? fault.ms : UNDER_WAY_MS));
    const answer = this.begun(act, fault);
    this.kept.keep(key, answer);
    return answer;
  }

  private begun(act: () => unknown, fault?: Fault): Answer {
    if (fault?.type === 'answered' && fault.when === 'begun') return failureOf(fault.status);
    const answer = this.done(act);
    return fault?.type === 'answered' && fault.when === 'after' ? failureOf(fault.status) : answer;
  }

  private done(act: () => unknown): Answer {
    try {
      return { status: 200, body: structuredClone(act()) };
    } catch (error) {
      return refused(error);
    }
  }

  private checkHeaders({ authorization, 'stripe-version': version }: IncomingMessage['headers']): void {
    if (!authorization) throw ErrorResponse.of(401, 'You did not provide an API key.');
    if (authorization !== `Bearer ${this.secretKey}`) throw ErrorResponse.of(401, 'Invalid API Key provided.');
    if (version !== Stripe.API_VERSION)
      throw ErrorResponse.of(400, `The double speaks Stripe-Version ${Stripe.API_VERSION}, found ${String(version)}.`);
  }
}

function garbled(answer: Answer & { replayed?: boolean }, fault: Fault | undefined): Answer & { replayed?: boolean } {
  if (fault?.type !== 'garbled') return answer;
  if (fault.into === 'garbage')
    return { status: 200, body: '<html><body>Welcome to the hotel’s network</body></html>' };
  if (fault.into === 'empty') return { status: 200, body: {} };
  const fields = fault.into === 'strange_status' ? { status: 'of_tomorrow' } : fault.into.fields;
  const strange = (object: object) => ({ ...object, ...fields });
  const body = structuredClone(answer.body) as { data?: object[] };
  return { status: 200, body: body.data ? { ...body, data: body.data.map(strange) } : strange(body) };
}

function refused(error: unknown): Answer {
  if (error instanceof ErrorResponse) return { status: error.status, body: structuredClone({ error: error.body }) };
  return { status: 501, body: { error: { type: 'api_error', message: `The double is broken: ${String(error)}` } } };
}

function failureOf(status: 409 | 429 | 500 | 503): Answer {
  const type = status < 500 ? 'invalid_request_error' : 'api_error';
  const code = { 409: 'idempotency_key_in_use', 429: 'rate_limit', 500: undefined, 503: undefined }[status];
  return { status, body: { error: { type, message: 'A fault that the test has planned.', code } } };
}
