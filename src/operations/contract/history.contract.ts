import { z } from 'zod';
import { pageLimit } from '../../http/page.contract.js';
import { operationView, pastEventView } from './operation-view.js';

/** Most events in a page of a history. */
export const LONGEST_PAGE = 100;

const version = z.coerce
  .number('expected a version, such as 3')
  .int('expected a version, such as 3')
  .min(0)
  .max(2_147_483_647);

export const historyQuery = z.object({
  after: version.default(0),
  /** For an EventSource outside browsers that cannot set the header; empty until it has received an event. */
  lastEventId: z
    .literal('')
    .transform(() => undefined)
    .or(version)
    .optional(),
  limit: pageLimit(LONGEST_PAGE, LONGEST_PAGE),
});

export const operationHistory = z
  .object({
    metadata: operationView.shape.metadata.meta({ description: 'The operation’s, which is the same in all events.' }),
    items: z.array(pastEventView),
    next: z
      .int()
      .nullable()
      .meta({ description: 'The version to ask for `after`, where more follow; null where these are all.' }),
  })
  .meta({ id: 'OperationHistory' });
