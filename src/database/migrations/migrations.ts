import { Begin1795449479817 } from './1795449479817-Begin.js';

/** Every migration, oldest first. `npm run migration:generate` writes a new one from the entities; it is named here. */
export const migrations = [Begin1795449479817];
