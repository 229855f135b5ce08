import { session } from '../outcome';
import { strings } from '../strings';
import { useSession } from './use-session';

/** Who is in, and the way out; nothing where access is open. */
export function Account() {
  const { phase, caller } = useSession();
  if (phase !== 'in' || !caller) return null;
  return (
    <div className="account">
      <span className="visually-hidden">{strings.access.signedInAs}</span>
      <span className="account-name" title={caller.name}>
        {caller.name}
      </span>
      <button type="button" className="link" onClick={() => session.signOut()}>
        {strings.access.signOut}
      </button>
    </div>
  );
}
