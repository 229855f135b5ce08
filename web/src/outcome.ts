import { Session } from './access/session';
import { Network } from './network';
import { store } from './store';

export const network = new Network();

/** All tabs share the keys of what was started, so that two tabs with one order start one payment. */
export const session = new Session(network, store);
