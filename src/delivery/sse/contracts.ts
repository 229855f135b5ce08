import { z } from 'zod';
import { EXAMPLE_OPERATION } from '../../openapi/example.js';
import { operationEventView } from '../../operations/queries/operation-view.js';

export const operationId = z
  .uuid('expected the UUID of an operation')
  .toLowerCase()
  .meta({ examples: [EXAMPLE_OPERATION] });

const version = z.coerce.number('expected a version, such as 3').int('expected a version, such as 3').min(0).max(2_147_483_647);

export const historyQuery = z.object({
  after: version.default(0),
  /** Where an EventSource that is no browser's cannot set the header; empty while it has seen nothing. */
  lastEventId: z
    .literal('')
    .transform(() => undefined)
    .or(version)
    .optional(),
});

export const operationHistory = z.object({ items: z.array(operationEventView) }).meta({ id: 'OperationHistory' });
