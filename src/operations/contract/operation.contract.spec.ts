import { cursorOf, listQuery, operationId, startBody } from './operation.contract.js';

const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

describe('what a client may ask of the list', () => {
  test('is a page of twenty where it asks nothing', () => {
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

test('an id is read in capital letters, as they mean the same', () => {
  expect(operationId.parse(ID.toUpperCase())).toBe(ID);
});

test('what nobody knows is let pass: addresses are decorated on their way', () => {
  expect(listQuery.parse({ _: '1', limit: '5' })).toEqual({ limit: 5 });
});

describe('what a body asks to start', () => {
  test('has no notes where it has none', () => {
    expect(startBody.parse({ kind: 'a.b', input: {} })).toEqual({ kind: 'a.b', input: {}, metadata: {} });
  });

  test('keeps each note, whatever its name', () => {
    const metadata = { constructor: 'c', prototype: 'p', toString: 't', '': 'empty' };
    expect(startBody.parse({ kind: 'a.b', input: {}, metadata })).toEqual({ kind: 'a.b', input: {}, metadata });
  });

  test.each([undefined, null, 'text', 7, [], {}])('is not %j', (body) => {
    expect(startBody.safeParse(body).success).toBe(false);
  });
});
