import { failed, unknown } from '../../operations/kinds/outcome.js';
import { DECLINES } from '../providers/declines.js';
import type { Declined, Unknown } from '../providers/payment-provider.js';

/** A decline is an outcome: our code for the client, the provider's own code for the history. */
export const declined = ({ code, providerCode }: Declined) => failed({ code, ...DECLINES[code] }, { providerCode });

/** The provider's own code goes into the history, the rest into the log. */
export const unknownOf = ({ reason, cause, providerCode, unexplained }: Unknown) =>
  unknown(reason, { cause, ...(providerCode && { detail: { providerCode } }), ...(unexplained && { unexplained }) });
