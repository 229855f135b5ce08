import { z } from 'zod';
import { operationId } from '../operations/contract/operation.contract.js';
import { operationView, startedOperation } from '../operations/contract/operation-view.js';

export const statusQuery = z.object({ operationId });

export const startedAnswer = z
  .object({
    operationId,
    watchToken: startedOperation.shape.watchToken.meta({
      description: 'Where credentials are asked for: what the page asks checkStatus with.',
    }),
  })
  .meta({ id: 'ArticleStarted' });

export const articleStatus = z
  .object({
    status: z
      .enum(['pending', 'success', 'failed'])
      .meta({ description: 'Such a page knows no other: canceled and expired read as failed.' }),
    result: operationView.shape.result.optional(),
    failure: operationView.shape.failure.optional(),
  })
  .meta({ id: 'ArticleStatus' });

export type ArticleStatus = z.output<typeof articleStatus>;
