import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { TenantReads } from '../../database/tenant-reads.js';
import type { Transaction } from '../../database/transaction.js';
import { ANYONE } from '../caller.js';
import type { AuditAction } from './audit-actions.js';
import { INSERT_EVENT, LIST_EVENTS } from './audit.sql.js';

export interface AuditedAct {
  action: AuditAction;
  /** Such as `operation 01997b1c-…` or `key 0f3k2m9x1q7z`. */
  subject: string;
  /** Never with a secret in it. */
  detail?: Record<string, unknown>;
}

/** Who acts. */
export interface AuditedActor {
  tenant: string;
  name: string;
  requestId?: string | undefined;
}

export interface AuditEvent extends Required<AuditedAct> {
  id: string;
  at: Date;
  actor: string;
  requestId: string | null;
}

export const actorOf = ({ caller = ANYONE, id }: Pick<FastifyRequest, 'caller' | 'id'>): AuditedActor => ({
  tenant: caller.tenant,
  name: caller.name,
  requestId: id,
});

/**
 * Writes down who did what. An act is written before its answer is given, so that none is without a trace: if it cannot
 * be written, the request fails.
 */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly database: Database,
    private readonly reads: TenantReads,
    private readonly clock: Clock,
  ) {}

  /** @param within the transaction of the act, or a pool */
  async record(
    { tenant, name, requestId }: AuditedActor,
    { action, subject, detail = {} }: AuditedAct,
    within: Pick<Transaction, 'query'> = this.database.durable,
  ): Promise<void> {
    const values = [uuidv7(), tenant, this.clock.now(), name, action, subject, requestId ?? null, detail];
    await within.query({ ...INSERT_EVENT, values });
  }

  /** Newest first. @param after the last event of the page before */
  async list(tenant: string, limit: number, after?: string): Promise<AuditEvent[]> {
    const values = [tenant, after ?? null, limit];
    return this.reads.withTenant(tenant, (manager) => manager.query<AuditEvent[]>(LIST_EVENTS, values));
  }
}
