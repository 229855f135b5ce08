import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { CredentialsMissing } from '../../access/access-errors.js';
import { Access, type Connected } from '../../access/access.js';
import { ClientAddresses } from '../../access/limits/client-addresses.js';
import { OperationFollowers } from '../../operations/feed/operation-follower.js';
import { RefusedRequests } from '../../problems/refused-requests.js';
import { ShuttingDown } from '../../problems/service-errors.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { SECONDS } from '../../time/durations.js';
import { ConnectionInUse, ConnectionNotFound } from '../push-errors.js';
import { openEventStream } from '../sse/event-stream.js';
import { SocketLimits } from '../socket-limits.js';
import { Strangers } from '../strangers.js';
import { HubConnection, type HubTransport } from './hub-connection.js';
import { HubEventStream } from './hub-event-stream.js';
import { HubLongPolling } from './hub-long-polling.js';
import { errorText } from './hub-message.contract.js';
import { type HubClient, OperationsHub } from './operations-hub.js';

const CONNECTS_WITHIN_MS = 15 * SECONDS;
/** More that have negotiated and not connected push out the oldest. */
const MOST_NEGOTIATED = 10_000;
/** How long a client that polls still learns that its connection is over. */
const KNOWN_FOR_MS = 30 * SECONDS;
const SENT_AWAY_WITHIN_MS = 1 * SECONDS;

/** A connection whose client posts its messages, by a token that only it knows. */
interface Posted {
  name: string;
  connection: HubConnection;
  transport: HubTransport;
}

const newToken = () => randomBytes(16).toString('base64url');

/** The connections of this process, from their negotiation to their end. */
@Injectable()
@StopsIn('server')
export class HubConnections {
  /** Made at the first negotiation: it takes the memory of all its entries at once. */
  private negotiated: LRUCache<string, true> | undefined;
  private readonly posted = new Map<string, Posted>();
  private readonly open = new Set<HubConnection>();
  private readonly strangers = new Strangers();
  private shuttingDown = false;

  constructor(
    private readonly followers: OperationFollowers,
    private readonly access: Access,
    private readonly addresses: ClientAddresses,
    private readonly limits: SocketLimits,
    private readonly refusedRequests: RefusedRequests,
  ) {}

  negotiate(): { connectionId: string; connectionToken: string } {
    const connectionToken = newToken();
    this.negotiated ??= new LRUCache({ max: MOST_NEGOTIATED, ttl: CONNECTS_WITHIN_MS });
    this.negotiated.set(connectionToken, true);
    return { connectionId: newToken(), connectionToken };
  }

  /**
   * A WebSocket needs no token, since all its messages come by itself: it may have been negotiated at another process,
   * or not at all.
   */
  accept(transport: HubTransport, token: string | null, connected: Connected): HubConnection {
    if (token !== null) this.negotiated?.delete(token);
    const connection = this.connect(transport, connected);
    if (this.shuttingDown) this.sendAway(connection);
    return connection;
  }

  /** @throws ConnectionNotFound, ConnectionInUse */
  openStream(token: string, request: FastifyRequest, reply: FastifyReply): void {
    this.redeem(token);
    const response = openEventStream(reply);
    response.write(':\n\n');
    const transport = new HubEventStream(response);
    const connection = this.connect(transport, this.connectedBy(request), () => this.posted.delete(token));
    this.posted.set(token, { name: 'server-sent events', connection, transport });
    response.once('close', () => connection.end());
  }

  /**
   * The first poll opens the connection, and is answered at once. It counts as a socket.
   * @throws ConnectionNotFound, ConnectionInUse, TooManySockets, RateLimited
   */
  async poll(token: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { transport, connection } = this.posted.get(token) ?? {};
    if (transport instanceof HubLongPolling) {
      connection?.noteLife();
      return transport.take(reply);
    }
    const connected = this.connectedBy(request);
    const error = this.limits.errorFor(connected.address);
    if (error) throw error;
    this.redeem(token);
    this.startPolling(token, connected);
    await reply.status(200).type('text/plain').send('');
  }

  /** @throws ConnectionNotFound */
  receive(token: string, text: string): void {
    this.find(token).connection.receive(text);
  }

  /** @throws ConnectionNotFound */
  remove(token: string): void {
    const { connection, transport } = this.find(token);
    connection.end();
    transport.end();
  }

  /** Tells each client to come back, and waits for none. */
  stop(): void {
    this.shuttingDown = true;
    for (const connection of this.open) this.sendAway(connection);
  }

  private sendAway(connection: HubConnection): void {
    connection.close(errorText(ShuttingDown.now()), true, SENT_AWAY_WITHIN_MS);
  }

  private connectedBy({ caller, raw }: FastifyRequest): Connected {
    return { caller, address: this.addresses.of(raw) };
  }

  private startPolling(token: string, connected: Connected): void {
    const transport = new HubLongPolling(() => {
      connection.end();
      transport.end();
    });
    const uncount = this.limits.count(connected.address);
    const connection: HubConnection = this.connect(transport, connected, () => {
      uncount();
      setTimeout(() => this.posted.delete(token), KNOWN_FOR_MS).unref();
    });
    this.posted.set(token, { name: 'long polling', connection, transport });
  }

  private connect(transport: HubTransport, connected: Connected, onEnd?: () => void): HubConnection {
    let hub: OperationsHub | undefined;
    let forget: (() => void) | undefined;
    const openHub = (client: HubClient) =>
      (hub = new OperationsHub(this.followers, this.access, connected, client, this.refusedRequests));
    const end = () => {
      this.open.delete(connection);
      forget?.();
      onEnd?.();
    };
    const connection = new HubConnection(transport, openHub, end, this.refusedRequests);
    this.open.add(connection);
    if (!connected.caller)
      forget = this.strangers.watch(
        () => hub?.lastFollowed ?? -Infinity,
        () => connection.refuse(CredentialsMissing.expected()),
      );
    return connection;
  }

  private redeem(token: string): void {
    const taken = this.posted.get(token);
    if (taken) throw ConnectionInUse.over(taken.name);
    if (!this.negotiated?.has(token)) throw ConnectionNotFound.here();
    this.negotiated.delete(token);
  }

  private find(token: string): Posted {
    const found = this.posted.get(token);
    if (!found || !this.open.has(found.connection)) throw ConnectionNotFound.here();
    return found;
  }
}
