import type { Operation, OutcomeError } from '@outcome/client';
import type { RefObject } from 'react';
import { endingOf, strings } from '../strings';
import { CustomerAction } from './customer-action';
import type { Reversal } from './use-reversal';

interface Props {
  operation: Operation | undefined;
  error: OutcomeError | undefined;
  isStarting: boolean;
  isCut: boolean;
  reversal: Reversal | undefined;
  panel: RefObject<HTMLElement | null>;
  onDismiss: () => void;
  onCancel: () => void;
  onNewOrder: () => void;
}

/** The payment's status in the customer's words. Its space is reserved, so that the layout does not jump. */
export function OutcomePanel({
  operation,
  error,
  isStarting,
  isCut,
  reversal,
  panel,
  onDismiss,
  onCancel,
  onNewOrder,
}: Props) {
  const ending = isStarting ? 'starting' : endingOf(operation);
  const [title, text] = strings.endings[ending];
  return (
    <section ref={panel} className={`outcome outcome-${ending}`} aria-label={strings.checkout.status}>
      <div role="status" className="outcome-words">
        <h3>
          <span className="outcome-mark" aria-hidden="true" />
          {title}
        </h3>
        <p>{whyNot(operation, reversal) ?? text}</p>
        {operation?.progress?.message && <p className="quiet">{operation.progress.message}</p>}
        {isCut && !operation?.done && ending !== 'ready' && <p className="warning">{strings.connection.lost}</p>}
        {error && <p className="warning">{wordsOf(error)}</p>}
      </div>
      <div className="outcome-foot">
        {operation?.result && 'reference' in operation.result && (
          <span className="quiet">
            {strings.checkout.reference} <code>{operation.result.reference}</code>
          </span>
        )}
        {operation?.nextAction && <CustomerAction action={operation.nextAction} />}
        {operation && !operation.done && operation.status !== 'reconciling' && (
          <button type="button" className="link" onClick={onCancel}>
            {strings.checkout.cancel}
          </button>
        )}
        {operation?.done && ending !== 'paid' && (
          <button type="button" className="link" onClick={onDismiss}>
            {strings.checkout.dismiss}
          </button>
        )}
        {ending === 'paid' && (
          <button type="button" className="link" onClick={onNewOrder}>
            {strings.checkout.newOrder}
          </button>
        )}
      </div>
    </section>
  );
}

function whyNot(operation: Operation | undefined, reversal: Reversal | undefined): string | undefined {
  if (reversal) return strings.reversals[reversal];
  if (!operation?.failure) return undefined;
  const { code, message } = operation.failure;
  return `${strings.failures[code] ?? message} ${strings.endings.declined[1]}`;
}

const wordsOf = (error: OutcomeError) =>
  error.code === 'intent_underway' ? strings.connection.underway : strings.connection.failed(error.message);
