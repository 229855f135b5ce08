import { Injectable } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { UnknownKind } from '../domain/operation-errors.js';
import { ANYONE, type Caller } from '../../access/caller.js';
import type { GrantedScope } from '../../access/scopes.js';
import { KindRegister } from './kind-register.js';
import { Kind, type KindDescription, type OperationKind } from './operation-kind.js';
import { type Outcome, succeeded } from './outcome.js';

const input = z.strictObject({ weight: z.int() });
const result = z.strictObject({ sent: z.boolean() });
type Sent = z.output<typeof result>;

const description: KindDescription<typeof input, typeof result> = {
  name: 'parcel.send',
  summary: 'Send a parcel',
  input,
  result,
  timeLimitMs: 1000,
  examples: { light: { summary: 'A light one', input: { weight: 1 } } },
};

function aKind(overrides: Partial<typeof description> = {}): new () => OperationKind<typeof input, typeof result> {
  @Kind({ ...description, ...overrides })
  class Parcel implements OperationKind<typeof input, typeof result> {
    async execute(): Promise<Outcome<Sent>> {
      return succeeded({ sent: true });
    }
  }
  return Parcel;
}

@Injectable()
class NotAKind {}

async function registerOf(...providers: (new () => unknown)[]): Promise<KindRegister> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [KindRegister, ...providers],
  }).compile();
  return (await module.init()).get(KindRegister);
}

test('a decorated provider is registered with its description', async () => {
  const Parcel = aKind();
  const register = await registerOf(Parcel, NotAKind);
  expect(register.all()).toHaveLength(1);
  expect(register.get('parcel.send')).toMatchObject({
    name: 'parcel.send',
    summary: 'Send a parcel',
    timeLimitMs: 1000,
  });
  expect(register.get('parcel.send').handler).toBeInstanceOf(Parcel);
});

test('an unknown name is refused with an error that lists the known ones', async () => {
  const register = await registerOf(aKind(), aKind({ name: 'parcel.return' }));
  expect(() => register.get('parcel.lose')).toThrow(
    expect.objectContaining({
      name: UnknownKind.name,
      message: expect.stringContaining('Known kinds: parcel.send, parcel.return.'),
    }),
  );
});

test('an internal kind is registered but not offered to clients', async () => {
  const register = await registerOf(aKind(), aKind({ name: 'parcel.recall', internal: true }));
  expect(register.get('parcel.recall').internal).toBe(true);
  expect(register.offered().map(({ name }) => name)).toEqual(['parcel.send']);
  expect(() => register.getFor(ANYONE, 'parcel.recall')).toThrow(
    expect.objectContaining({ message: expect.stringContaining('Known kinds: parcel.send.') }),
  );
});

describe('the boot fails', () => {
  test('with two kinds of one name', async () => {
    await expect(registerOf(aKind(), aKind())).rejects.toThrow(
      'Two kinds are named "parcel.send". Give one of them another name in its @Kind.',
    );
  });

  test.each(['parcel', 'Parcel.send', 'parcel.send.again', 'parcel_send', ''])('with a kind named %j', async (name) => {
    await expect(registerOf(aKind({ name }))).rejects.toThrow(
      `A kind is named noun.verb in lower case, found "${name}".`,
    );
  });

  test('with an example that it would refuse', async () => {
    const examples = { heavy: { summary: 'Too heavy', input: { weight: 1.5 } } };
    await expect(registerOf(aKind({ examples }))).rejects.toThrow(
      'The example "heavy" of kind "parcel.send" does not fit its input',
    );
  });
});

describe('a caller', () => {
  const callerWith = (...scopes: GrantedScope[]): Caller => ({ ...ANYONE, scopes: new Set(scopes) });
  const errorOf = (register: KindRegister, caller: Caller) => {
    try {
      return register.getFor(caller, 'parcel.send').name;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    [['operations:start'], 'parcel.send'],
    [['operations:start:parcel.send'], 'parcel.send'],
    [['operations:start:parcel.recall'], expect.stringContaining('operations:start:parcel.send,')],
    [['operations:read', 'payments:refund'], expect.stringContaining('operations:start:parcel.send,')],
  ] as [GrantedScope[], unknown][])('with %j may start a kind, or learns what is missing', async (scopes, expected) => {
    const register = await registerOf(aKind());
    expect(errorOf(register, callerWith(...scopes))).toEqual(expected);
  });

  test('needs the scope of the kind, too', async () => {
    const register = await registerOf(aKind({ needs: 'payments:refund' }));
    expect(errorOf(register, callerWith('operations:start'))).toContain('payments:refund,');
    expect(errorOf(register, callerWith('payments:refund'))).toContain('operations:start:parcel.send,');
    expect(errorOf(register, callerWith('operations:start:parcel.send', 'payments:refund'))).toBe('parcel.send');
  });
});
