import { z } from 'zod';

export const kindList = z
  .object({
    items: z.array(
      z.object({
        name: z.string().meta({ examples: ['payment.charge'] }),
        summary: z.string(),
        internal: z.boolean().meta({ description: 'The service alone starts it.' }),
      }),
    ),
  })
  .meta({ id: 'KindList' });

export type KindList = z.output<typeof kindList>;
