import type { WebhookDelivery } from '@outcome/client';
import { Link } from 'wouter';
import { date, duration } from '../format';
import { strings } from '../strings';

const words = strings.webhooks;
const COLOURS = { pending: 'processing', delivered: 'success', given_up: 'failed' } as const;

function pretty(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}

interface Props {
  delivery: WebhookDelivery;
  /** Undefined if the caller may not. */
  onResend: (() => void) | undefined;
}

export function DeliveryRow({ delivery, onResend }: Props) {
  const { id, type, operationId, status, createdAt, nextAttemptAt, attempts, request, webhookId } = delivery;
  return (
    <li className="card webhook-delivery" aria-label={`${type} ${id}`}>
      <div className="row">
        <div>
          <h3>{type}</h3>
          {operationId && (
            <Link href={`/operations/${operationId}`}>
              <code>{operationId}</code>
            </Link>
          )}
        </div>
        <p>
          <span className={`badge status-${COLOURS[status]}`}>{words.deliveryStates[status]}</span>{' '}
          <time className="quiet" dateTime={createdAt}>
            {date(createdAt)}
          </time>
        </p>
        {onResend && (
          <button type="button" className="button quiet-button" onClick={onResend}>
            {words.resend}
          </button>
        )}
      </div>
      {nextAttemptAt && attempts.length > 0 && <p className="quiet">{words.nextAttempt(date(nextAttemptAt))}</p>}
      <details>
        <summary>{words.attempts(attempts.length)}</summary>
        <ol>
          {attempts.map(({ at, status: code, error, body, durationMs }) => (
            <li key={at}>
              <time dateTime={at}>{date(at)}</time>, {duration(durationMs)}: {code ?? words.noAnswer} {error}
              {body && <pre tabIndex={0}>{body}</pre>}
            </li>
          ))}
        </ol>
        <p className="quiet">
          webhook-id: <code>{webhookId}</code>
        </p>
        <pre tabIndex={0}>{pretty(request)}</pre>
      </details>
    </li>
  );
}
