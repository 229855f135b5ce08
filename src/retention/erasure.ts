import { Injectable } from '@nestjs/common';
import { NIL } from 'uuid';
import { AuditTrail } from '../access/audit/audit-trail.js';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/database.js';
import { COUNT_LEFT, FIND_BY_METADATA, FIND_MOVERS, POSTPONE } from './retention.sql.js';

const PAGE = 1000;

export interface FoundOperation {
  id: string;
  status: string;
  /** It has ended, is confirmed, and needs no person: it can be stripped now. */
  isFinal: boolean;
}

/** What one person's data is found by: all of it must be in an operation's metadata. */
export type MetadataOfAPerson = Readonly<Record<string, string>>;

/** Finds the operations of one person, and has them stripped by the workers: at once, or as soon as each has ended. */
@Injectable()
export class Erasure {
  constructor(
    private readonly database: Database,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /** Reads all operations of the tenant, page by page; with each charge come the operations that moved its money. */
  async find(tenant: string, metadata: MetadataOfAPerson): Promise<FoundOperation[]> {
    const found: FoundOperation[] = [];
    for (let after: string | null = NIL; after !== null;) {
      const page: { last: string | null; found: FoundOperation[] } = await this.page([tenant, after, PAGE, metadata]);
      found.push(...page.found);
      after = page.last;
    }
    const values = [found.map(({ id }) => id)];
    const { rows: movers } = await this.database.durable.query<FoundOperation>({ ...FIND_MOVERS, values });
    return [...found, ...movers];
  }

  /** In one transaction with the audit trail, which tells how many, and nothing of the person. */
  async request(
    by: { tenant: string; name: string },
    metadata: MetadataOfAPerson,
    found: readonly FoundOperation[],
  ): Promise<void> {
    const now = this.clock.now();
    const final = found.filter(({ isFinal }) => isFinal).length;
    await this.database.transaction(async (tx) => {
      await tx.query({ ...POSTPONE, values: ['erase', found.map(({ id }) => id), found.map(() => now)] });
      const subject = `operations by metadata ${Object.keys(metadata).sort().join(', ')}`;
      const detail = { now: final, whenTheyEnd: found.length - final };
      await this.trail.record(by, { action: 'data.erased', subject, detail }, tx);
    });
  }

  /** How many of them are not stripped yet. */
  async left(ids: readonly string[]): Promise<number> {
    const { rows } = await this.database.durable.query<{ left: number }>({ ...COUNT_LEFT, values: [ids] });
    return rows[0]?.left ?? 0;
  }

  private async page(values: unknown[]) {
    const { rows } = await this.database.durable.query<{ last: string | null; found: FoundOperation[] }>({
      ...FIND_BY_METADATA,
      values,
    });
    return rows[0] ?? { last: null, found: [] };
  }
}
