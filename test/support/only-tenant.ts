import { ONLY_TENANT } from '../../src/access/caller.js';

/** An operation that was started without credentials. */
export const ofOnlyTenant = (id: string) => ({ tenant: ONLY_TENANT, id });
