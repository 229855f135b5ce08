import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { JsonBody } from '../../http/json-body.decorator.js';
import { pageOf } from '../../http/page.contract.js';
import { SECONDS } from '../../time/durations.js';
import { actorOf } from '../audit/audit-trail.js';
import { Needs } from '../needs.decorator.js';
import { keyId, keysQuery, newKeyBody, rollBody } from './api-key.contract.js';
import { type ApiKeyRecord, ApiKeys, type KeyManager } from './api-keys.js';
import { checkedBy } from '../../http/checked-by.js';

/** The keys of the caller's tenant. Its scope is never a key's. */
@DocumentedBy(async () => (await import('./keys.documentation.js')).keysDocumentation)
@Needs('keys:manage')
@Controller('api/keys')
export class KeysController {
  constructor(private readonly keys: ApiKeys) {}

  @Post()
  async create(@JsonBody(newKeyBody) body: z.output<typeof newKeyBody>, @Req() request: FastifyRequest) {
    const by = managerOf(request);
    const { expiresIn, ...given } = body;
    const expiresInMs = expiresIn === null ? null : expiresIn * SECONDS;
    const { record, key } = await this.keys.create({ ...given, tenant: by.tenant, expiresInMs }, by);
    return { ...viewOf(record), key };
  }

  @Get()
  async list(
    @Query(checkedBy(keysQuery)) { cursor, limit }: z.output<typeof keysQuery>,
    @Req() request: FastifyRequest,
  ) {
    const { items, nextCursor } = pageOf(await this.keys.list(managerOf(request).tenant, limit + 1, cursor), limit);
    return { items: items.map(viewOf), nextCursor };
  }

  @Post(':id/roll')
  async roll(
    @Param('id', checkedBy(keyId)) id: string,
    @JsonBody(rollBody) { overlap }: z.output<typeof rollBody>,
    @Req() request: FastifyRequest,
  ) {
    const { record, key } = await this.keys.roll(id, overlap * SECONDS, managerOf(request));
    return { ...viewOf(record), key };
  }

  @Post(':id/revoke')
  @HttpCode(200)
  async revoke(@Param('id', checkedBy(keyId)) id: string, @Req() request: FastifyRequest) {
    return viewOf(await this.keys.revoke(id, managerOf(request)));
  }
}

const managerOf = (request: FastifyRequest): KeyManager & { tenant: string } => actorOf(request);

const viewOf = ({ tenant: _, tenantName: __, ...view }: ApiKeyRecord) => view;
