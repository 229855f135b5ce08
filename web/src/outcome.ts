import { createClient } from '@outcome/client';
import { Network } from './network';
import { store } from './store';

export const network = new Network();

/** The page's own client. All tabs share its keys, so that two tabs with one order start one payment. */
export const client = createClient({
  store,
  fetch: network.fetchFor(() => undefined, true),
  connect: network.connectFor(() => undefined, true),
});
