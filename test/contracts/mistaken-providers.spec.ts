import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';
import { FAULT_CASES } from './provider-faults.js';
import { startStripe, STRIPE_METHODS } from './stripe-under-test.js';

type Answer = { type: string; reason?: string; providerCode?: string | null };
type Mend = (call: string, answer: Answer) => Answer;

const declined = { type: 'declined', code: 'card_declined', providerCode: null };
const success = { type: 'succeeded', reference: 'pi_1', amount: 1999, captured: true };

/** Mistakes that have been made with a provider of somebody's own, each of which moves money twice or loses it. */
const MISTAKES: Record<string, { mistake: Mend; caught: RegExp }> = {
  'a look-up that gets an HTTP error says that the call never arrived': {
    mistake: (call, answer) =>
      call === 'lookUp' && answer.reason === 'look_up_failed' && answer.providerCode !== null ? { type: 'never_arrived' } : answer,
    caught: /^look-up of a .+, error_500/,
  },
  'a look-up whose answer is lost says that the call never arrived': {
    mistake: (call, answer) =>
      call === 'lookUp' && answer.reason === 'look_up_failed' && answer.providerCode === null ? { type: 'never_arrived' } : answer,
    caught: /^look-up of a .+, cut/,
  },
  'a 500 after sending is a decline': {
    mistake: (call, answer) => (call !== 'lookUp' && answer.reason === 'provider_error' ? declined : answer),
    caught: /^(charge|capture|void|refund|cancel), error_500/,
  },
  'a status that nobody knows is success': {
    mistake: (_, answer) => (answer.reason === 'status_unknown' ? success : answer),
    caught: /strange_status/,
  },
};

describe.each(Object.entries(MISTAKES))('the contract catches a provider where %s', (_, { mistake, caught }) => {
  test('by each call that it concerns', async () => {
    const under = await startStripe();
    try {
      for (const name of ['charge', 'capture', 'void', 'refund', 'cancel', 'lookUp'] as const) {
        const call = StripeProvider.prototype[name] as (this: StripeProvider, request: never) => Promise<Answer>;
        Object.assign(under.provider, {
          [name]: async (request: never) => mistake(name, await call.call(under.provider as StripeProvider, request)),
        });
      }
      const concerned = FAULT_CASES.filter(({ title }) => caught.test(title));
      expect(concerned.length).toBeGreaterThanOrEqual(5);
      for (const { title, run } of concerned)
        expect({
          title,
          came: await run(under, STRIPE_METHODS).then(
            () => 'passed',
            (error: unknown) => typeof error === 'object' && error !== null && 'matcherResult' in error,
          ),
        }).toEqual({ title, came: true });
    } finally {
      await under.stop();
    }
  });
});
