import { Controller, Delete, Get, Headers, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { asksForStream } from '../sse/accept-header.js';
import { HubConnections } from './hub-connections.js';
import { connectionToken, negotiateQuery, NEGOTIATE_VERSION, type Negotiation } from './negotiation.contract.js';
import { NeedsNothing } from '../../access/needs.decorator.js';
import { checkedBy } from '../../http/checked-by.js';

const TRANSPORTS: Negotiation['availableTransports'] = [
  { transport: 'WebSockets', transferFormats: ['Text'] },
  { transport: 'ServerSentEvents', transferFormats: ['Text'] },
  { transport: 'LongPolling', transferFormats: ['Text'] },
];

/** The hub of SignalR (dotnet/aspnetcore, src/SignalR/docs/specs/TransportProtocols.md) over HTTP. */
@NeedsNothing('its messages are asked')
@Controller('hubs/operations')
export class HubController {
  constructor(private readonly connections: HubConnections) {}

  @Post('negotiate')
  @HttpCode(200)
  negotiate(@Query(checkedBy(negotiateQuery)) query: z.output<typeof negotiateQuery>): Negotiation | { error: string } {
    const { negotiateVersion } = query;
    if (negotiateVersion < NEGOTIATE_VERSION)
      return {
        error: `Expected negotiateVersion=${NEGOTIATE_VERSION}, found ${negotiateVersion}. Use a newer client.`,
      };
    const connection = this.connections.negotiate();
    return { negotiateVersion: NEGOTIATE_VERSION, ...connection, availableTransports: TRANSPORTS };
  }

  @Get()
  async connect(
    @Query('id', checkedBy(connectionToken)) token: string,
    @Headers('accept') accept: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (request.method === 'HEAD') await reply.status(200).send();
    else if (asksForStream(accept)) this.connections.openStream(token, request, reply);
    else await this.connections.poll(token, request, reply);
  }

  @Post()
  @HttpCode(200)
  send(@Query('id', checkedBy(connectionToken)) token: string, @Req() { body }: FastifyRequest): void {
    this.connections.receive(token, body instanceof Buffer ? body.toString() : '');
  }

  @Delete()
  @HttpCode(202)
  end(@Query('id', checkedBy(connectionToken)) token: string): void {
    this.connections.remove(token);
  }
}
