import { z } from 'zod';

export const callerView = z
  .object({
    access: z.enum(['open', 'closed']).meta({ description: 'Whether a caller without credentials may do anything.' }),
    accepts: z.array(z.enum(['keys', 'jwt'])).meta({ description: 'What one can sign in with.' }),
    caller: z
      .object({ tenant: z.uuid(), name: z.string(), scopes: z.array(z.string()) })
      .nullable()
      .meta({ description: 'Who the credentials of this request belong to; null without any.' }),
  })
  .meta({ id: 'Caller' });

export type CallerView = z.output<typeof callerView>;
