import { createClient } from '@outcome/client';
import { Network } from './network';

export const network = new Network();

/** The page's own client. Keys are kept in localStorage, so that two tabs with one order start one payment. */
export const client = createClient({
  store: localStorage,
  fetch: network.fetchFor(() => undefined, true),
  connect: network.connectFor(() => undefined, true),
});
