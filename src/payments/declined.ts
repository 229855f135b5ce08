import { failed } from '../operations/kinds/outcome.js';
import { DECLINES } from './declines.js';
import type { Declined } from './payment-provider.js';

/** A decline is an ending: our code for the client, the provider's own word for the history. */
export const declined = ({ code, providerCode }: Declined) => failed({ code, ...DECLINES[code] }, { providerCode });
