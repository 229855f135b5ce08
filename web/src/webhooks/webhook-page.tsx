import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useMay } from '../access/use-session';
import { date } from '../format';
import { strings } from '../strings';
import { DeliveryRow } from './delivery-row';
import { EndpointBadge } from './endpoint-badge';
import { SecretShown } from './secret-shown';
import {
  deleteEndpoint,
  getEndpoint,
  listDeliveries,
  messageOf,
  resend,
  rotateSecret,
  sendTest,
  setEnabled,
  useRead,
} from './service';
import '../styles/operations.css';
import '../styles/webhooks.css';

const words = strings.webhooks;

export default function WebhookPage({ id }: { id: string }) {
  const { found: endpoint, error, again } = useRead(getEndpoint, id);
  const { found: deliveries, again: readDeliveries } = useRead(listDeliveries, id);
  const [, navigate] = useLocation();
  const mayManage = useMay()('webhooks:manage');
  const [secret, setSecret] = useState<string>();
  const [problem, setProblem] = useState<string>();

  const act = (work: Promise<unknown>) =>
    void work
      .then(() => setProblem(undefined))
      .catch((error: unknown) => setProblem(messageOf(error)))
      .finally(() => (again(), readDeliveries()));

  return (
    <div className="operation">
      <Link href="/webhooks" className="link back">
        {words.back}
      </Link>
      <div className="row">
        <div>
          <h1 className="webhook-url">{endpoint?.url ?? words.columns.endpoint}</h1>
          <p className="quiet">
            {endpoint && <EndpointBadge endpoint={endpoint} />}{' '}
            {endpoint?.failingSince && words.failingSince(date(endpoint.failingSince))}
          </p>
        </div>
        {endpoint && mayManage && (
          <div className="webhook-actions">
            <button type="button" className="button quiet-button" onClick={() => act(sendTest(id))}>
              {words.test}
            </button>
            <button
              type="button"
              className="button quiet-button"
              onClick={() => act(setEnabled(id, !endpoint.enabled))}
            >
              {endpoint.enabled ? words.disable : words.enable}
            </button>
            <button
              type="button"
              className="button quiet-button"
              onClick={() => act(rotateSecret(id).then((rotated) => setSecret(rotated.secret)))}
            >
              {words.rotate}
            </button>
            <button
              type="button"
              className="button quiet-button"
              onClick={() => {
                if (window.confirm(words.sure)) act(deleteEndpoint(id).then(() => navigate('/webhooks')));
              }}
            >
              {words.delete}
            </button>
          </div>
        )}
      </div>
      <p role="alert" className="warning list-warning">
        {problem ?? error}
      </p>
      <SecretShown secret={secret} />
      <section aria-labelledby="deliveries-title">
        <h2 id="deliveries-title">{words.deliveries}</h2>
        <ul className="webhook-deliveries">
          {deliveries?.items.map((delivery) => (
            <DeliveryRow
              key={delivery.id}
              delivery={delivery}
              onResend={mayManage ? () => act(resend(id, delivery.id)) : undefined}
            />
          ))}
        </ul>
        {deliveries?.items.length === 0 && <p className="quiet">{words.noDeliveries}</p>}
      </section>
    </div>
  );
}
