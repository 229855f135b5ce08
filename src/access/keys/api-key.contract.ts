import { z } from 'zod';
import { nextCursor, pageLimit } from '../../http/page.contract.js';
import { DAYS, SECONDS } from '../../time/durations.js';
import { isScopeForKeys } from '../scopes.js';
import { ID_FORM, KEY_MODES } from './api-key.js';
import { LONGEST_LIFE, LONGEST_OVERLAP, USUAL_OVERLAP } from './api-keys.js';

const time = (description: string) => z.iso.datetime().meta({ description });

export const keyId = z
  .string()
  .regex(ID_FORM, 'expected the id of a key, twelve small letters and digits')
  .meta({ description: 'The key’s id: its third part, as in oc_live_<id>_….', examples: ['0f3k2m9x1q7z'] });

const scopes = z
  .array(
    z
      .string()
      .refine(isScopeForKeys, 'expected a scope that a key may have, such as operations:read: see docs/access.md'),
  )
  .min(1)
  .max(50)
  .meta({ description: 'What it may do; `operations:start:<kind>` is limited to a kind. Never keys:manage.' });

const owner = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .meta({ description: 'Who answers for it.', examples: ['shop@example.com'] });

const seconds = (most: number) =>
  z
    .int()
    .min(0)
    .max(most / SECONDS);

export const newKeyBody = z
  .strictObject({
    scopes,
    owner,
    mode: z
      .enum(KEY_MODES)
      .default('test')
      .meta({ description: 'Its prefix, oc_live_ or oc_test_. The service treats both alike.' }),
    expiresIn: seconds(LONGEST_LIFE)
      .min(60)
      .nullable()
      .default(null)
      .meta({ description: 'Seconds until it ends; null: it does not.', examples: [(90 * DAYS) / SECONDS] }),
  })
  .meta({ id: 'NewApiKey' });

export const rollBody = z
  .strictObject({
    overlap: seconds(LONGEST_OVERLAP)
      .default(USUAL_OVERLAP / SECONDS)
      .meta({ description: 'Seconds for which the former key still works; 0: it is revoked at once.' }),
  })
  .meta({ id: 'ApiKeyRoll' });

export const keysQuery = z.object({
  cursor: keyId.optional().meta({ description: 'The nextCursor of an earlier page.' }),
  limit: pageLimit(50),
});

export const apiKeyView = z
  .object({
    id: keyId,
    mode: z.enum(KEY_MODES),
    scopes: z.array(z.string()),
    owner: z.string(),
    createdBy: z.string(),
    createdAt: time('When it was made.'),
    expiresAt: time('When it ends; null: never.').nullable(),
    revokedAt: time('Since when it is revoked.').nullable(),
    lastUsedAt: time('When it was used last, to the minute.').nullable(),
  })
  .meta({ id: 'ApiKey', description: 'What is known of an API key. The key itself is not.' });

export const shownApiKey = apiKeyView
  .extend({ key: z.string().meta({ description: 'The key. It is shown this once.' }) })
  .meta({ id: 'ShownApiKey' });

export const apiKeyList = z
  .object({
    items: z.array(apiKeyView),
    nextCursor,
  })
  .meta({ id: 'ApiKeyList' });
