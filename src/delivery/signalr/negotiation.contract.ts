import { z } from 'zod';

export const NEGOTIATE_VERSION = 1;

export const negotiateQuery = z.object({
  negotiateVersion: z.coerce.number('expected a version, such as 1').int('expected a version, such as 1').default(0),
});

/** The token of a negotiation, in each later request of the connection. */
export const connectionToken = z
  .string('expected the connectionToken of a negotiation')
  .regex(/^[\w-]{22}$/, 'expected the connectionToken of a negotiation');

export const negotiation = z.object({
  negotiateVersion: z.literal(NEGOTIATE_VERSION),
  connectionId: z.string(),
  connectionToken: z.string(),
  availableTransports: z.array(
    z.object({
      transport: z.enum(['WebSockets', 'ServerSentEvents', 'LongPolling']),
      transferFormats: z.array(z.literal('Text')),
    }),
  ),
});

export type Negotiation = z.output<typeof negotiation>;
