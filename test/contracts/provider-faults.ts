import { randomUUID } from 'node:crypto';
import type {
  ProviderAnswer,
  ProviderInquiry,
  ProviderLookUp,
  Succeeded,
} from '../../src/payments/providers/payment-provider.js';
import {
  casesOf,
  chargeOf,
  type ContractCase,
  FAULTS_OF_NOTHING,
  type ProviderMethods,
  type ProviderUnderTest,
  UNKNOWN,
  whatCameOf,
  WIRE_FAULTS,
} from './provider-under-test.js';

/** Inconclusive answers to a look-up, which may always be repeated. */
const INCONCLUSIVE = [...UNKNOWN, 'surely not, try again'];

interface Prepared {
  chargeKey: string;
  send(): Promise<ProviderAnswer>;
  lookUp(): Promise<ProviderLookUp>;
  /** What a look-up finds after the call was sent and executed. */
  found: object;
}

type Prepare = (under: ProviderUnderTest, methods: ProviderMethods) => Promise<Prepared>;

const newCall = () => {
  const operationId = randomUUID();
  return { operationId, idempotencyKey: operationId, startedAt: new Date() };
};

const moving =
  (what: 'capture' | 'void' | 'refund'): Prepare =>
  async ({ provider }, { charged }) => {
    const request = chargeOf(charged, { capture: what === 'refund' });
    const { reference: charge } = (await provider.charge(request)) as Succeeded;
    const call = { ...newCall(), charge, currency: 'EUR', amount: 700 };
    const inquiry = { call: what, idempotencyKey: call.idempotencyKey, charge, sentAt: new Date() };
    const found = { type: 'succeeded' };
    return {
      chargeKey: request.idempotencyKey,
      send: () => provider[what](call),
      lookUp: () => provider.lookUp(inquiry),
      found,
    };
  };

const inquiryOf = (idempotencyKey: string, charge: string | null = null): ProviderInquiry => ({
  call: 'charge',
  idempotencyKey,
  charge,
  sentAt: new Date(),
});

const PREPARE: Record<'charge' | 'capture' | 'void' | 'refund' | 'cancel', Prepare> = {
  charge: async ({ provider }, { charged }) => {
    const request = chargeOf(charged);
    const { idempotencyKey: chargeKey } = request;
    const found = { type: 'succeeded', amount: 1999 };
    return {
      chargeKey,
      send: () => provider.charge(request),
      lookUp: () => provider.lookUp(inquiryOf(chargeKey)),
      found,
    };
  },
  capture: moving('capture'),
  void: moving('void'),
  refund: moving('refund'),
  cancel: async ({ provider }, { actionRequired }) => {
    const request = chargeOf(actionRequired);
    const { reference: charge } = (await provider.charge(request)) as { reference: string };
    const { operationId, startedAt, idempotencyKey: chargeKey } = request;
    const call = { operationId, idempotencyKey: `${chargeKey}:cancel`, startedAt };
    const cancel = { ...call, chargeKey, charge, sentAt: new Date() };
    const found = { type: 'declined', code: 'canceled_at_provider' };
    return {
      chargeKey,
      send: () => provider.cancel(cancel),
      lookUp: () => provider.lookUp(inquiryOf(chargeKey, charge)),
      found,
    };
  },
};

/** The provider has acted, and its answer does not say so: only an intelligible look-up may report it. */
const calls = ({ requests }: ProviderMethods) =>
  Object.entries(PREPARE).flatMap(([call, prepare]) =>
    casesOf(requests[call as keyof typeof PREPARE], WIRE_FAULTS, ({ fault, at }) => ({
      title: `${call}, ${fault} at "${at}": it is unknown until it is looked up`,
      run: async (under, methods) => {
        const { send, lookUp, found } = await prepare(under, methods);
        under.misbehave(at, fault);
        expect(UNKNOWN).toContain(await whatCameOf(send()));
        expect(await lookUp()).toMatchObject(found);
      },
    })),
  );

/** `never_arrived` is a promise, and every other answer but `unknown` is an ending. */
const lookUps = ({ requests }: ProviderMethods) =>
  (['charge by its key', 'charge by its reference', 'capture', 'void', 'refund'] as const).flatMap((what) =>
    casesOf(requests.lookUp, WIRE_FAULTS, ({ fault, at }) => ({
      title: `look-up of a ${what}, ${fault} at "${at}": it is unknown, and found the next time`,
      run: async (under, methods) => {
        const [kind] = what.split(' ') as ['charge' | 'capture' | 'void' | 'refund'];
        const { chargeKey, send, lookUp, found } = await PREPARE[kind](under, methods);
        const { reference } = (await send()) as Succeeded;
        const look =
          what === 'charge by its reference' ? () => under.provider.lookUp(inquiryOf(chargeKey, reference)) : lookUp;
        under.misbehave(at, fault);
        expect(INCONCLUSIVE).toContain(await whatCameOf(look()));
        expect(await look()).toMatchObject(found);
      },
    })),
  );

/** Only an answer may say that nothing exists, never a missing one. */
const neverArrived = ({ requests }: ProviderMethods) =>
  (['charge', 'capture', 'void', 'refund'] as const).flatMap((what) =>
    casesOf(requests.lookUp, FAULTS_OF_NOTHING, ({ fault, at }) => ({
      title:
        `look-up of a ${what} that was never sent, ${fault} at "${at}": it is unknown, and has never arrived ` +
        'the next time',
      run: async (under, methods) => {
        const { lookUp } = await PREPARE[what](under, methods);
        under.misbehave(at, fault);
        expect(INCONCLUSIVE).toContain(await whatCameOf(lookUp()));
        expect(await lookUp()).toEqual({ type: 'never_arrived' });
      },
    })),
  );

const inspections = ({ requests }: ProviderMethods) => [
  ...casesOf(requests.inspect, WIRE_FAULTS, ({ fault, at }) => ({
    title: `inspection, ${fault} at "${at}": it is unknown, and found the next time`,
    run: async (under, { charged }) => {
      const { provider } = under;
      const request = chargeOf(charged);
      const { reference: charge } = (await provider.charge(request)) as Succeeded;
      await provider.refund({ ...newCall(), charge, currency: 'EUR', amount: 500 });
      await under.actInDashboard(request.idempotencyKey, 'dispute', 300);
      const inspect = () => provider.inspect({ charge, currency: 'EUR' });
      const state = await inspect();
      expect(state).toMatchObject({
        type: 'found',
        captured: 1999,
        movements: [{ type: 'refund' }, { type: 'dispute' }],
      });
      under.misbehave(at, fault);
      expect([...INCONCLUSIVE, 'not_understood']).toContain(await whatCameOf(inspect()));
      expect(await inspect()).toEqual(state);
    },
  })),
  ...casesOf(requests.inspect.slice(0, 1), FAULTS_OF_NOTHING, ({ fault, at }) => ({
    title: `inspection of an unknown charge, ${fault} at "${at}": it is unknown, and not found the next time`,
    run: async ({ provider, misbehave }, { unknownCharge: charge }) => {
      misbehave(at, fault);
      expect([...INCONCLUSIVE, 'not_understood']).toContain(
        await whatCameOf(provider.inspect({ charge, currency: 'EUR' })),
      );
      expect(await provider.inspect({ charge, currency: 'EUR' })).toEqual({ type: 'not_found' });
    },
  })),
];

export const faultCases = (methods: ProviderMethods): readonly ContractCase[] =>
  [calls, lookUps, neverArrived, inspections].flatMap((of) => of(methods));
