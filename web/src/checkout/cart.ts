import { useState } from 'react';
import { store } from '../store';
import { strings } from '../strings';
import { CURRENCY, PRICES } from './shop-backend';

export interface Cart {
  /** Identifies the order that the customer wants to pay once. */
  id: string;
  items: { name: string; note: string; amount: number }[];
  currency: typeof CURRENCY;
}

const ITEMS = (Object.keys(PRICES) as (keyof typeof PRICES)[]).map((item) => {
  const [name, note] = strings.items[item];
  return { name, note, amount: PRICES[item] };
});
const KEPT = 'order';

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return `A-${Array.from(bytes, (byte) => byte.toString(36).padStart(2, '0')).join('')}`.toUpperCase();
}

function keptId(): string {
  const id = store.getItem(KEPT) ?? newId();
  store.setItem(KEPT, id);
  return id;
}

export const totalOf = ({ items }: Cart) => items.reduce((sum, { amount }) => sum + amount, 0);

/** The order stays the same over reloads and in all tabs until the customer begins another. */
export function useCart(): [Cart, beginAnother: () => void] {
  const [id, setId] = useState(keptId);
  const beginAnother = () => {
    store.removeItem(KEPT);
    setId(keptId());
  };
  return [{ id, items: ITEMS, currency: CURRENCY }, beginAnother];
}
