import { randomUUID } from 'node:crypto';
import { RetryableError, TerminalError } from '../../src/operations/kinds/outcome.js';
import type { ProviderInquiry, Succeeded } from '../../src/payments/payment-provider.js';
import {
  chargeOf,
  type ContractCase,
  type FaultyCall,
  type ProviderMethods,
  type ProviderUnderTest,
  WIRE_FAULTS,
} from './provider-under-test.js';

/** What a call says; `thrown`: something untyped, which may hide a charge. */
const whatCameOf = (answer: Promise<{ type: string }>): Promise<string> =>
  answer.then(
    ({ type }) => type,
    (error: unknown) => {
      if (error instanceof RetryableError) return 'surely not, try again';
      return error instanceof TerminalError ? 'surely not, ever' : 'thrown';
    },
  );

interface Prepared {
  chargeKey: string;
  send(): Promise<{ type: string }>;
  /** Once the fault has passed. */
  lookUp(): Promise<{ type: string }>;
  /** What a look-up finds then, since it was done. */
  found: object;
}

type Prepare = (under: ProviderUnderTest, methods: ProviderMethods) => Promise<Prepared>;

const newCall = () => {
  const operationId = randomUUID();
  return { operationId, idempotencyKey: operationId };
};

const moving =
  (what: 'capture' | 'void' | 'refund'): Prepare =>
  async ({ provider }, { charged }) => {
    const request = chargeOf(charged, { capture: what === 'refund' });
    const { reference: charge } = (await provider.charge(request)) as Succeeded;
    const call = { ...newCall(), charge, currency: 'EUR', amount: 700 };
    const inquiry = { call: what, idempotencyKey: call.idempotencyKey, charge, sentAt: new Date() };
    const found = { type: 'succeeded' };
    return { chargeKey: request.idempotencyKey, send: () => provider[what](call), lookUp: () => provider.lookUp(inquiry), found };
  };

const inquiryOf = (idempotencyKey: string, charge: string | null = null): ProviderInquiry => ({
  call: 'charge',
  idempotencyKey,
  charge,
  sentAt: new Date(),
});

const PREPARE: Record<Exclude<FaultyCall, 'lookUp'>, Prepare> = {
  charge: async ({ provider }, { charged }) => {
    const request = chargeOf(charged);
    const { idempotencyKey: chargeKey } = request;
    const found = { type: 'succeeded', amount: 1999 };
    return { chargeKey, send: () => provider.charge(request), lookUp: () => provider.lookUp(inquiryOf(chargeKey)), found };
  },
  capture: moving('capture'),
  void: moving('void'),
  refund: moving('refund'),
  cancel: async ({ provider }, { actionRequired }) => {
    const request = chargeOf(actionRequired);
    const { reference: charge } = (await provider.charge(request)) as { reference: string };
    const { operationId, idempotencyKey: chargeKey } = request;
    const cancel = { operationId, idempotencyKey: `${chargeKey}:cancel`, chargeKey, charge, sentAt: new Date() };
    const found = { type: 'declined', code: 'canceled_at_provider' };
    return { chargeKey, send: () => provider.cancel(cancel), lookUp: () => provider.lookUp(inquiryOf(chargeKey, charge)), found };
  },
};

/** The provider has acted, and its answer does not say so: only a look-up may tell, and only where it is understood. */
const calls = Object.entries(PREPARE).flatMap(([call, prepare]) =>
  WIRE_FAULTS.map((fault): ContractCase => ({
    title: `${call}, ${fault}: it is unknown until it is looked up`,
    run: async (under, methods) => {
      const { send, lookUp, found } = await prepare(under, methods);
      under.misbehave?.(call as FaultyCall, fault);
      expect(['unknown', 'thrown']).toContain(await whatCameOf(send()));
      expect(await lookUp()).toMatchObject(found);
    },
  })),
);

/** `never_arrived` is a promise, and everything else but `unknown` is an ending. */
const lookUps = (['charge by its key', 'charge by its reference', 'capture', 'void', 'refund'] as const).flatMap((what) =>
  WIRE_FAULTS.map((fault): ContractCase => ({
    title: `look-up of a ${what}, ${fault}: it is unknown, and found the next time`,
    run: async (under, methods) => {
      const [kind] = what.split(' ') as ['charge' | 'capture' | 'void' | 'refund'];
      const { chargeKey, send, lookUp, found } = await PREPARE[kind](under, methods);
      const { reference } = (await send()) as Succeeded;
      const look = what === 'charge by its reference' ? () => under.provider.lookUp(inquiryOf(chargeKey, reference)) : lookUp;
      under.misbehave?.('lookUp', fault);
      expect(['unknown', 'thrown', 'surely not, try again']).toContain(await whatCameOf(look()));
      expect(await look()).toMatchObject(found);
    },
  })),
);

export const FAULT_CASES: readonly ContractCase[] = [...calls, ...lookUps];
