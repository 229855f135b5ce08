import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { Service } from '../support/service.js';

interface Page {
  items: OperationView[];
  nextCursor: string | null;
}

describe('the list of operations', () => {
  let service: Service;
  /** In the order of their starts. */
  const ids: string[] = [];
  let canceled = '';
  let succeeded = '';
  let countdown = '';

  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    for (let count = 0; count < 4; count += 1) ids.push((await service.charge()).id);
    canceled = ids[1]!;
    await service.request('POST', `/api/operations/${canceled}/cancel`);
    succeeded = (await DrivenOperation.ended(service)).id;
    countdown = (await service.start('demo.countdown', { seconds: 1 })).body.id;
    ids.push(succeeded, countdown);
  });
  afterAll(() => service.stop());

  const page = async (query = '') => (await service.get<Page>(`/api/operations?${query}`)).body;
  const idsOf = ({ items }: Page) => items.map(({ id }) => id);

  test('shows the newest first, each in its present state', async () => {
    const all = await page();

    expect(idsOf(all)).toEqual([...ids].reverse());
    expect(all.nextCursor).toBeNull();
    expect(all.items.find(({ id }) => id === canceled)).toEqual(
      (await service.get(`/api/operations/${canceled}`)).body,
    );
  });

  test('is filtered by one status or several, by kind, and by both', async () => {
    expect(idsOf(await page('status=canceled'))).toEqual([canceled]);
    expect(idsOf(await page('status=success,canceled'))).toEqual([succeeded, canceled]);
    expect(idsOf(await page('kind=demo.countdown'))).toEqual([countdown]);
    expect(idsOf(await page('kind=payment.charge&status=pending'))).toEqual([ids[3], ids[2], ids[0]]);
    expect(await page('kind=nobody.knows')).toEqual({ items: [], nextCursor: null });
  });

  test('ends after a full last page', async () => {
    const first = await page('limit=3');
    const second = await page(`limit=3&cursor=${first.nextCursor}`);

    expect([...idsOf(first), ...idsOf(second)]).toEqual([...ids].reverse());
    expect(second.nextCursor).toBeNull();
  });

  test('has stable pages while new operations start and others change', async () => {
    const before = idsOf(await page('limit=100'));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const next: Page = await page(`limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...idsOf(next));
      cursor = next.nextCursor;
      const { id } = await service.charge();
      await service.request('POST', `/api/operations/${id}/cancel`);
    }

    expect(seen).toEqual(before);
  });
});
