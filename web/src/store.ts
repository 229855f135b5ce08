import { safeStore } from '@outcome/client';

/** What outlives a reload and is shared by all tabs; memory, where the browser lets this page keep nothing. */
export const store = safeStore(() => localStorage);
