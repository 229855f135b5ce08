import { Injectable } from '@nestjs/common';
import { v4 as uuid } from 'uuid';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { FIND_TENANT, INSERT_TENANT, LIST_TENANTS } from './tenant.sql.js';

export interface Tenant {
  id: string;
  name: string;
}

export const TENANT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The tenants by name, as people know them. */
@Injectable()
export class Tenants {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async find(name: string): Promise<Tenant | undefined> {
    const { rows } = await this.database.durable.query<Tenant>({ ...FIND_TENANT, values: [name] });
    return rows[0];
  }

  /** Idempotent. */
  async create(name: string): Promise<void> {
    await this.database.durable.query({ ...INSERT_TENANT, values: [uuid(), name, this.clock.now()] });
  }

  async list(): Promise<Tenant[]> {
    const { rows } = await this.database.durable.query<Tenant>(LIST_TENANTS);
    return rows;
  }
}
