import { useSyncExternalStore } from 'react';
import { network } from '../outcome';

/** Whether the page has cut its network, and what was sent over it. */
export function useNetwork() {
  const isCut = useSyncExternalStore(network.subscribe, () => network.isCut);
  const messages = useSyncExternalStore(network.subscribe, () => network.messages);
  return { isCut, messages };
}
