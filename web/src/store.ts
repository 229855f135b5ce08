import { safeStore } from '@outcome/client';

/** Data kept over reloads and shared by all tabs; in memory if the browser forbids storage. */
export const store = safeStore(() => localStorage);
