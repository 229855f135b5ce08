import { useSyncExternalStore } from 'react';
import { session } from '../outcome';
import type { SessionState } from './session';

export const useSession = (): SessionState => useSyncExternalStore(session.subscribe, () => session.state);

/** Whether who is in has a scope. `operations:start:<kind>` is in `operations:start`. */
export function useMay(): (scope: string) => boolean {
  const scopes = useSession().caller?.scopes;
  return (scope) =>
    !scopes || scopes.includes(scope) || (scope.startsWith('operations:start:') && scopes.includes('operations:start'));
}
