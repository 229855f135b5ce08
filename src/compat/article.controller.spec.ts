import { ANYONE } from '../access/caller.js';
import { jest } from '@jest/globals';
import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import type { PaymentProvider } from '../payments/providers/payment-provider.js';
import { PaymentProviders } from '../payments/providers/payment-provider-register.js';
import type { WatchTokens } from '../access/tokens/watch-tokens.js';
import { ArticleController } from './article.controller.js';

const startedBy = async (live: boolean) => {
  const execute = jest.fn(async (_: unknown) => ({ operation: { id: '1' }, replayed: false }));
  const paymentMethods = { pattern: /^tok/, description: 'a token', examples: { tok_good: 'Is paid' } };
  const providers = new PaymentProviders({ name: 'stripe', live, paymentMethods } as unknown as PaymentProvider);
  const controller = new ArticleController({ execute } as unknown as CommandBus, {} as QueryBus, providers, {
    issue: () => undefined,
  } as unknown as WatchTokens);
  const answer = controller
    .start({ type: 'payment' }, undefined, 'r', ANYONE, {} as FastifyReply)
    .catch((error: unknown) => error);
  return { answer: await answer, started: execute.mock.calls.map(([command]) => command) };
};

describe('a page that names no kind', () => {
  test('starts a charge that the chosen provider takes', async () => {
    const { started } = await startedBy(false);
    const input = { amount: 1999, currency: 'EUR', paymentMethod: 'tok_good' };
    expect(started).toMatchObject([
      { request: { kind: 'payment.charge', input, metadata: { body: '{"type":"payment"}' } } },
    ]);
  });

  test('starts nothing if real money moves', async () => {
    const { answer, started } = await startedBy(true);
    expect(answer).toMatchObject({
      code: 'invalid_body',
      violations: [{ path: 'kind', message: expect.stringContaining('real money') }],
    });
    expect(started).toEqual([]);
  });
});
