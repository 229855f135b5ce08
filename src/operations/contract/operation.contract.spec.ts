import { cursorOf, listQuery, operationId, startBody } from './operation.contract.js';

const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

describe('the query of the list', () => {
  test('defaults to a page of twenty', () => {
    expect(listQuery.parse({})).toEqual({ limit: 20 });
  });

  test('is read from text', () => {
    const query = { status: 'pending,success', kind: 'payment.charge', limit: '100', cursor: cursorOf(ID) };
    expect(listQuery.parse(query)).toEqual({
      status: ['pending', 'success'],
      kind: 'payment.charge',
      limit: 100,
      cursor: ID,
    });
  });

  test.each([
    { limit: '0' },
    { limit: '1e3' },
    { limit: '' },
    { status: '' },
    { kind: 'a' },
    { kind: 'a.b; DROP' },
    { cursor: ID },
  ])('is not %j', (query) => {
    expect(listQuery.safeParse(query).success).toBe(false);
  });
});

test('an id in capital letters is the same id', () => {
  expect(operationId.parse(ID.toUpperCase())).toBe(ID);
});

test('unknown parameters are ignored: proxies and trackers add them', () => {
  expect(listQuery.parse({ _: '1', limit: '5' })).toEqual({ limit: 5 });
});

describe('the body of a start', () => {
  test('has empty metadata by default', () => {
    expect(startBody.parse({ kind: 'a.b', input: {} })).toEqual({ kind: 'a.b', input: {}, metadata: {} });
  });

  test('keeps each metadata entry, whatever its name', () => {
    const metadata = { constructor: 'c', prototype: 'p', toString: 't', '': 'empty' };
    expect(startBody.parse({ kind: 'a.b', input: {}, metadata })).toEqual({ kind: 'a.b', input: {}, metadata });
  });

  test.each([undefined, null, 'text', 7, [], {}])('is not %j', (body) => {
    expect(startBody.safeParse(body).success).toBe(false);
  });
});
