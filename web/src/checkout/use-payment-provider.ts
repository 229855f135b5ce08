import type { PaymentProvider } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';
import { useMay } from '../access/use-session';

/** The provider for new charges; undefined until it is known, and for callers who may not ask. */
export function usePaymentProvider(): PaymentProvider | undefined {
  const client = useOutcome();
  const mayAsk = useMay()('operations:read');
  const [provider, setProvider] = useState<PaymentProvider>();
  useEffect(() => {
    if (!mayAsk) return;
    const leaving = new AbortController();
    client.paymentProvider(leaving).then(setProvider, () => undefined);
    return () => leaving.abort();
  }, [client, mayAsk]);
  return provider;
}
