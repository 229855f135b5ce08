import { type Caller, hasScope } from '../../access/caller.js';
import { type OperationEventView, type OperationView, type PastEventView, pastEventOf } from './operation-view.js';

/** Of an event's detail: when it goes on. The rest quotes the provider and the notes of operators. */
const SHOWN_DETAILS = new Set(['attempt', 'nextAttemptAt', 'lookUp', 'nextLookUpAt']);
const SHOWN_METADATA = /^public_/;

const isCustomer = ({ operationId }: Caller) => operationId !== undefined;

const seesAll = (caller: Caller) => !isCustomer(caller) && hasScope(caller, 'operations:read_secrets');

const picked = <T>(all: Readonly<Record<string, T>>, isShown: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => isShown(name)));

/** The operation as this caller may see it: every exit asks this. */
export function visibleTo(caller: Caller, view: OperationView): OperationView {
  if (seesAll(caller)) return view;
  const { metadata, nextAction } = view;
  return {
    ...view,
    metadata: isCustomer(caller) ? picked(metadata, (name) => SHOWN_METADATA.test(name)) : metadata,
    nextAction:
      nextAction && !hasScope(caller, 'operations:read_secrets')
        ? { type: nextAction.type, redacted: true }
        : nextAction,
  };
}

/** What readers with other rights see of an event, by those rights. */
const shownEvents = new WeakMap<OperationEventView, Map<string, OperationEventView>>();

/** Readers with the same rights are shown the same object, so that it is made, and encoded, once for all of them. */
export function eventVisibleTo(caller: Caller, event: OperationEventView): OperationEventView {
  if (seesAll(caller)) return event;
  const rights = `${isCustomer(caller)} ${hasScope(caller, 'operations:read_secrets')}`;
  const shown = shownEvents.get(event) ?? new Map<string, OperationEventView>();
  const known = shown.get(rights);
  if (known) return known;
  const view = shownTo(caller, event);
  shownEvents.set(event, shown.set(rights, view));
  return view;
}

/** Part of a history, which is made and encoded for each reader. */
export const pastEventVisibleTo = (caller: Caller, event: OperationEventView): PastEventView =>
  pastEventOf(seesAll(caller) ? event : shownTo(caller, event));

const shownTo = (caller: Caller, event: OperationEventView): OperationEventView => ({
  ...event,
  detail: event.detail && isCustomer(caller) ? picked(event.detail, (name) => SHOWN_DETAILS.has(name)) : event.detail,
  operation: visibleTo(caller, event.operation),
});
