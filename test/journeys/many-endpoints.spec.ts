import { ONLY_TENANT } from '../../src/access/caller.js';
import { CLAIM, FAN_OUT } from '../../src/delivery/webhooks/webhook.sql.js';
import { Service } from '../support/service.js';

interface Plan {
  'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }];
}

const OTHERS = 1000;

describe('an event of a shop with one webhook endpoint', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const client = () => service.database.client;
  /** Of other shops, each with its own. */
  const addEndpoints = async (tenant: string, count: number) => {
    await client().query(
      `INSERT INTO webhook_endpoint (id, tenant, url, description, secret, created_at)
       SELECT gen_random_uuid(), ${tenant}, 'https://shop.example/' || turn, '', 'whsec_', now()
       FROM generate_series(1, $1::integer) AS turn`,
      [count],
    );
    await client().query('ANALYZE webhook_endpoint');
  };
  /** As many pages as the statement reads. It takes effect within the transaction alone. */
  const pagesOf = async (text: string, values: unknown[]) => {
    const { rows } = await client().query<Plan>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    return Number(plan?.['Shared Hit Blocks']) + Number(plan?.['Shared Read Blocks']);
  };
  const pagesOfAnEvent = async (operationId: string) => {
    const now = new Date();
    await client().query('BEGIN');
    // As the service has it: docs/decisions/plans-by-index.md.
    for (const way of ['seqscan', 'hashjoin', 'mergejoin']) await client().query(`SET LOCAL enable_${way} = off`);
    try {
      await client().query(
        `INSERT INTO webhook_outbox (operation_id, version, type) VALUES ($1, 1, 'operation.started')`,
        [operationId],
      );
      const distributed = await pagesOf(FAN_OUT.body, [now, 500]);
      const { rows } = await client().query('SELECT FROM webhook_delivery');
      expect(rows).toHaveLength(1);
      return distributed + (await pagesOf(CLAIM.body, [now, new Date(now.getTime() + 1000), [], []]));
    } finally {
      await client().query('ROLLBACK');
    }
  };

  test(`costs as many pages with ${OTHERS} endpoints of other shops as with none`, async () => {
    const { id } = (await service.start('demo.countdown', { seconds: 60 })).body;
    await addEndpoints(`'${ONLY_TENANT}'`, 1);
    await pagesOfAnEvent(id);
    const alone = await pagesOfAnEvent(id);
    await addEndpoints('gen_random_uuid()', OTHERS);
    await pagesOfAnEvent(id);
    // The index on tenants has grown by a level.
    expect(await pagesOfAnEvent(id)).toBeLessThanOrEqual(alone + 5);
  });
});
