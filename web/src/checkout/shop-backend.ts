import type { InputOf } from '@outcome/client';
import { session } from '../outcome';

/** What a shop's backend knows and its pages must not decide: prices in cents. */
export const PRICES = { pourOver: 3490, beans: 1450, delivery: 390 } as const;
export const CURRENCY = 'EUR' as const;

const TOTAL = Object.values(PRICES).reduce((sum, amount) => sum + amount, 0);

interface Order {
  id: string;
  paymentMethod: string;
}

/**
 * What a shop's backend does when its page asks to pay: it makes a start token for exactly this charge, with its API
 * key. This demo has no server but the service itself, so here the page plays the backend too, with the credentials of
 * who has signed in. What customers hold is `startWith(token)`.
 */
export function startTokenFor({ id, paymentMethod }: Order): Promise<string> {
  const { client } = session.state;
  if (!client) return Promise.reject(new Error('Nobody is signed in.'));
  const returnUrl = new URL('/', location.href).href;
  const charge: InputOf<'payment.charge'> = {
    amount: TOTAL,
    currency: CURRENCY,
    paymentMethod,
    orderId: id,
    returnUrl,
  };
  return client.createStartToken('payment.charge', charge, { cancelable: true });
}
