import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import type { Caller } from '../../access/caller.js';
import { DomainError } from '../../errors/domain-error.js';
import { Authenticator } from '../../access/authenticator.js';
import { ClientAddresses } from '../../access/limits/client-addresses.js';
import { rawProblem } from '../../http/unreadable-requests.hook.js';
import { recognize } from '../../problems/recognized-error.js';
import { RefusedRequests } from '../../problems/refused-requests.js';
import { HubConnections } from './hub-connections.js';
import { HubWebSocket } from './hub-web-socket.js';
import { LARGEST_BATCH } from '../limits.js';

/** The hub over WebSocket. */
@Injectable()
export class HubUpgrades {
  readonly path = '/hubs/operations';
  private readonly server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LARGEST_BATCH,
  });
  private readonly logger = new Logger(HubUpgrades.name);

  constructor(
    private readonly connections: HubConnections,
    private readonly authenticator: Authenticator,
    private readonly addresses: ClientAddresses,
    private readonly refusedRequests: RefusedRequests,
  ) {}

  /** Of a request that may open a WebSocket: the caller has asked the rules of access. */
  take(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    // The client may disconnect before its credentials are verified.
    connection.on('error', () => undefined);
    this.open(request, connection, head).catch((err: unknown) => {
      this.logger.error({ msg: 'a WebSocket of the hub could not be opened', err });
      connection.destroy();
    });
  }

  private async open(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    const { searchParams } = new URL(request.url ?? '', 'ws://hub');
    // A browser's WebSocket sends no header of its own.
    const token = searchParams.get('access_token');
    const authorization = token === null ? request.headers.authorization : `Bearer ${token}`;
    const address = this.addresses.of(request);
    let caller: Caller | undefined;
    try {
      caller = await this.authenticator.callerOf(authorization, address);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const foreseen = recognize(error);
      this.refusedRequests.note(foreseen);
      return void connection.end(rawProblem(foreseen));
    }
    this.server.handleUpgrade(request, connection, head, (socket) => {
      const hub = this.connections.accept(new HubWebSocket(socket, connection), searchParams.get('id'), {
        caller,
        address,
      });
      socket.on('message', (message: Buffer) => hub.receive(message.toString()));
      socket.on('close', () => hub.end());
      // A close follows.
      socket.on('error', () => undefined);
    });
  }
}
