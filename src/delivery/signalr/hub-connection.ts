import { Logger } from '@nestjs/common';
import { recognize } from '../../problems/recognized-error.js';
import type { RefusedRequests } from '../../problems/refused-requests.js';
import { SECONDS } from '../../time/durations.js';
import { expectStorable } from '../../validation/storable.js';
import { validated } from '../../validation/validated.js';
import { MOST_UNREAD } from '../backpressure.js';
import { LARGEST_MESSAGE } from '../limits.js';
import { InvalidMessage, ReaderTooSlow } from '../push-errors.js';
import {
  clientMessages,
  encode,
  errorText,
  type HubMessage,
  hubMessage,
  PROTOCOL,
  splitMessages,
  TYPES,
} from './hub-message.contract.js';
import type { HubClient, OperationsHub } from './operations-hub.js';

/** As in ASP.NET, whose clients expect them. */
const HANDSHAKE_WITHIN_MS = 15 * SECONDS;
const PING_AFTER_MS = 15 * SECONDS;
const SILENT_AT_MOST_MS = 30 * SECONDS;

const KNOWN_TYPES = new Set<unknown>(Object.values(TYPES));

/** What carries the messages of one connection to its client: a WebSocket, a stream of events, or polls. */
export interface HubTransport {
  /**
   * @param isAnswer what follows must not reach the client together with it: an event would be handled before the
   * answer that was awaited
   */
  send(text: string, isAnswer?: boolean): void;
  /** Bytes that the client has not taken. */
  unread(): number;
  /** Resolves when the client has taken most of them, or has gone. */
  ready(): Promise<void>;
  /** Ends the connection when the client has taken what was sent, or the time is up. */
  end(lastChanceMs?: number): void;
}

/**
 * A connection speaks the hub protocol over a transport: handshake, then messages, until the client closes it, falls
 * silent or leaves too much unread, or the service stops.
 */
export class HubConnection {
  private readonly logger = new Logger(HubConnection.name);
  private readonly hub: OperationsHub;
  private timeLimit: NodeJS.Timeout;
  private pings: NodeJS.Timeout | undefined;
  private rest = '';
  private isOver = false;

  constructor(
    private readonly transport: HubTransport,
    openHub: (client: HubClient) => OperationsHub,
    private readonly onEnd: () => void,
    private readonly refusedRequests: RefusedRequests,
  ) {
    this.hub = openHub({
      send: (message) => this.send(message),
      ready: () => this.transport.ready(),
    });
    this.timeLimit = setTimeout(
      () => this.refuseHandshake(`Expected a handshake within ${HANDSHAKE_WITHIN_MS / SECONDS} s, found none.`),
      HANDSHAKE_WITHIN_MS,
    );
  }

  /** Any sign of life: a message, or a poll. */
  noteLife(): void {
    if (this.pings && !this.isOver) this.timeLimit.refresh();
  }

  receive(text: string): void {
    this.noteLife();
    const { messages, rest } = splitMessages(this.rest + text);
    this.rest = rest;
    for (const message of messages) this.read(message);
    if (rest.length > LARGEST_MESSAGE) this.refuse(InvalidMessage.longerThan(LARGEST_MESSAGE));
  }

  /** Says why, ends the connection, and waits for nothing. */
  close(reason: string, allowReconnect: boolean, lastChanceMs?: number): void {
    if (this.isOver) return;
    // Before the handshake, the client takes the first message for its answer.
    const message: HubMessage = this.pings ? { type: TYPES.close, error: reason, allowReconnect } : { error: reason };
    this.end();
    this.transport.send(encode(message));
    this.transport.end(lastChanceMs);
  }

  /** The same for a problem. */
  refuse(error: unknown, allowReconnect = false): void {
    if (this.isOver) return;
    const foreseen = recognize(error);
    this.refusedRequests.note(foreseen);
    this.close(errorText(foreseen), allowReconnect);
  }

  /** The client has gone, or is about to. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timeLimit);
    clearInterval(this.pings);
    this.hub.end();
    this.onEnd();
  }

  private read(text: string): void {
    if (this.isOver) return;
    try {
      if (text.length > LARGEST_MESSAGE) throw InvalidMessage.longerThan(LARGEST_MESSAGE);
      const given = parsed(text);
      if (this.pings) this.take(given);
      else this.shakeHands(given);
    } catch (error) {
      this.refuse(error);
    }
  }

  private shakeHands(given: unknown): void {
    const { protocol, version } = validated(clientMessages.handshakeRequest, given, { error: InvalidMessage });
    if (protocol !== PROTOCOL.protocol || version !== PROTOCOL.version)
      return this.refuseHandshake(
        `Expected the protocol "${PROTOCOL.protocol}" in version ${PROTOCOL.version}, found ` +
          `"${protocol.slice(0, 50)}" in version ${version}.`,
      );
    clearTimeout(this.timeLimit);
    this.timeLimit = setTimeout(() => this.dropSilent(), SILENT_AT_MOST_MS);
    this.pings = setInterval(() => this.send({ type: TYPES.ping }), PING_AFTER_MS);
    this.send({});
  }

  private take(given: unknown): void {
    expectStorable(given);
    // Messages of later versions of the protocol are ignored, and so are answers: the hub asks clients nothing.
    const { type } = (given ?? {}) as { type?: unknown };
    const isForeign = typeof type === 'number' && !KNOWN_TYPES.has(type);
    if (isForeign || type === TYPES.streamItem || type === TYPES.completion) return;
    const message = validated(hubMessage, given, { error: InvalidMessage });
    switch (message.type) {
      case TYPES.invocation:
        return this.hub.invoke(message);
      case TYPES.streamInvocation:
        return this.hub.stream(message);
      case TYPES.cancelInvocation:
        return this.hub.cancel(message.invocationId);
      case TYPES.close:
        this.end();
        return this.transport.end();
      case TYPES.ping:
        return;
    }
  }

  private send(message: HubMessage): void {
    if (this.isOver) return;
    this.transport.send(encode(message), 'type' in message && message.type === TYPES.completion);
    this.pings?.refresh();
    const unread = this.transport.unread();
    if (unread <= MOST_UNREAD) return;
    this.logger.warn({ msg: 'a hub connection was cut: its reader is too slow', unread });
    this.refuse(ReaderTooSlow.beyond(MOST_UNREAD), true);
  }

  private dropSilent(): void {
    this.close(`Expected a message or a ping within ${SILENT_AT_MOST_MS / SECONDS} s, found none.`, true);
  }

  private refuseHandshake(reason: string): void {
    this.close(reason, false);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw InvalidMessage.notJson();
  }
}
