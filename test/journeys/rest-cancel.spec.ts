import { DrivenOperation } from '../support/driven-operation.js';
import { type Problem, Service } from '../support/service.js';

describe('canceling by REST', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const cancel = <Body>(id: string) => service.request<Body>('POST', `/api/operations/${id}/cancel`);

  test('an unclaimed operation is canceled at once', async () => {
    const { id } = await service.charge();
    const { status, headers, body } = await cancel(id);

    expect([status, headers.get('etag'), headers.get('retry-after')]).toEqual([200, '"v2"', null]);
    expect(body).toMatchObject({ id, status: 'canceled', version: 2, done: true, result: null, failure: null });
    expect((await service.get(`/api/operations/${id}`)).body).toEqual(body);
  });

  test('a cancel during an attempt is recorded, and the client follows the operation to its end', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const { status, headers, body } = await cancel(operation.id);

    expect([status, headers.get('etag'), headers.get('retry-after')]).toEqual([202, '"v2"', '1']);
    expect(body).toMatchObject({ status: 'processing', done: false });
  });

  test('an ended operation stays unchanged', async () => {
    const { id } = await DrivenOperation.ended(service);
    const { status, body } = await cancel<Problem>(id);

    expect([status, body.code]).toEqual([409, 'operation_already_ended']);
    expect(body.detail).toContain(id);
    expect((await service.get(`/api/operations/${id}`)).body).toMatchObject({ status: 'success', version: 3 });
  });

  test('an unknown operation cannot be canceled', async () => {
    const { status, body } = await cancel<Problem>('01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70');
    expect([status, body.code]).toEqual([404, 'operation_not_found']);
  });
});
