import { type ReactNode, useEffect } from 'react';
import { useLocation } from 'wouter';
import { session } from '../outcome';
import { strings } from '../strings';
import { useMay, useSession } from './use-session';

/** What only callers with a scope see; others learn which one they would need. */
export function Allowed({ scope, children }: { scope: string; children: ReactNode }) {
  const may = useMay();
  return may(scope) ? children : <p className="lead">{strings.access.needs(scope)}</p>;
}

/** What the service refused just now. The next page has none. */
export function Notice() {
  const { caller, notice } = useSession();
  const [at] = useLocation();
  useEffect(() => session.dismiss(), [at]);
  if (!caller) return null;
  return (
    <p role="status" className="warning notice">
      {notice}
    </p>
  );
}
