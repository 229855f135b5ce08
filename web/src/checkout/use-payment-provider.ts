import type { PaymentProvider } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useEffect, useState } from 'react';

/** The provider for new charges; undefined until it is known. */
export function usePaymentProvider(): PaymentProvider | undefined {
  const client = useOutcome();
  const [provider, setProvider] = useState<PaymentProvider>();
  useEffect(() => {
    const leaving = new AbortController();
    client.paymentProvider(leaving).then(setProvider, () => undefined);
    return () => leaving.abort();
  }, [client]);
  return provider;
}
