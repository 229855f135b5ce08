import { failed, unknown } from '../../operations/kinds/outcome.js';
import { DECLINES } from '../providers/declines.js';
import type { Declined, Unknown } from '../providers/payment-provider.js';

/** A decline is an ending: our code for the client, the provider's own word for the history. */
export const declined = ({ code, providerCode }: Declined) => failed({ code, ...DECLINES[code] }, { providerCode });

/** The provider's own word goes into the history, all else into the log. */
export const unknownOf = ({ reason, cause, providerCode }: Unknown) =>
  unknown(reason, { cause, ...(providerCode && { detail: { providerCode } }) });
