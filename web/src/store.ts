import { safeStore } from '@outcome/client';

/** Data that outlives a reload and is shared by all tabs; kept in memory if the browser forbids storage. */
export const store = safeStore(() => localStorage);
