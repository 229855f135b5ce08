import { type SyntheticEvent, useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../access/use-session';
import { date } from '../format';
import { strings } from '../strings';
import { EndpointBadge } from './endpoint-badge';
import { SecretShown } from './secret-shown';
import { createEndpoint, listEndpoints, messageOf, useRead } from './service';
import '../styles/operations.css';
import '../styles/webhooks.css';

const words = strings.webhooks;

export default function WebhooksPage() {
  const may = useMay();
  const { found, error, again } = useRead(listEndpoints);
  const [secret, setSecret] = useState<string>();
  const [problem, setProblem] = useState<string>();

  const create = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const url = new FormData(form).get('url');
    setProblem(undefined);
    void createEndpoint(typeof url === 'string' ? url.trim() : '').then(
      (created) => {
        setSecret(created.secret);
        form.reset();
        again();
      },
      (error: unknown) => setProblem(messageOf(error)),
    );
  };

  return (
    <div className="operations">
      <div>
        <h1>{words.title}</h1>
        <p className="lead">{words.lead}</p>
      </div>
      {may('webhooks:manage') && (
        <form className="find webhook-form" onSubmit={create}>
          <label htmlFor="webhook-url">{words.url}</label>
          <input id="webhook-url" name="url" type="url" required placeholder="https://shop.example/webhooks" />
          <button type="submit" className="button quiet-button">
            {words.create}
          </button>
          <p role="alert" className="warning">
            {problem}
          </p>
        </form>
      )}
      <SecretShown secret={secret} />
      <p role="status" className="warning list-warning">
        {error}
      </p>
      <div className="card table-card">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">{words.columns.endpoint}</th>
              <th scope="col">{words.columns.status}</th>
              <th scope="col">{words.columns.events}</th>
              <th scope="col">{words.columns.created}</th>
            </tr>
          </thead>
          <tbody>
            {found?.items.map((endpoint) => (
              <tr key={endpoint.id}>
                <th scope="row">
                  <Link href={`/webhooks/${endpoint.id}`}>
                    <span className="webhook-url">{endpoint.url}</span>
                  </Link>
                </th>
                <td>
                  <EndpointBadge endpoint={endpoint} />
                </td>
                <td data-label={words.columns.events}>{endpoint.events?.length ?? words.all}</td>
                <td data-label={words.columns.created}>
                  <time dateTime={endpoint.createdAt}>{date(endpoint.createdAt)}</time>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {found?.items.length === 0 && <p className="quiet empty">{words.empty}</p>}
      </div>
    </div>
  );
}
