import type { Operation } from '@outcome/client';
import { useState } from 'react';
import { strings } from '../strings';

type NextAction = NonNullable<Operation['nextAction']>;

/** What the customer must do: go to their bank's page, or confirm in this page, as a provider's script would ask. */
export function CustomerAction({ action }: { action: NextAction }) {
  if ('redacted' in action) return null;
  if (action.type === 'confirm') return <Confirmation clientData={action.clientData} />;
  // The page opens http and https links only.
  if (!/^https?:\/\//.test(action.url)) return null;
  return (
    <a className="button" href={action.url}>
      {strings.checkout.approve}
    </a>
  );
}

/** The sandbox's confirmation: a shop with another provider runs that provider's script here. */
function Confirmation({ clientData: { provider, clientSecret } }: { clientData: Record<string, string> }) {
  const [isSent, setSent] = useState(false);
  if (provider !== 'sandbox') return null;
  const answer = (approve: boolean) => {
    setSent(true);
    void fetch('/sandbox/confirmations', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ clientSecret, approve }),
    }).then(
      ({ ok }) => setSent(ok),
      () => setSent(false),
    );
  };
  return (
    <>
      <button type="button" className="button" disabled={isSent} onClick={() => answer(true)}>
        {strings.checkout.confirm}
      </button>
      <button type="button" className="link" disabled={isSent} onClick={() => answer(false)}>
        {strings.checkout.refuse}
      </button>
    </>
  );
}
