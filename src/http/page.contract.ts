import { z } from 'zod';

/** @param usual where the query does not say */
export const pageLimit = (usual: number, most = 100) => {
  const expected = `expected a whole number from 1 to ${most}`;
  return z.coerce
    .number(expected)
    .int(expected)
    .min(1)
    .max(most)
    .default(usual)
    .meta({ description: 'The most that the page has.' });
};

export const nextCursor = z.string().nullable().meta({ description: 'Where the next page begins; null on the last.' });

/** @param found one more than the page has, if more follow */
export function pageOf<Item extends { id: string | number }>(found: readonly Item[], limit: number) {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? String(last.id) : null };
}
