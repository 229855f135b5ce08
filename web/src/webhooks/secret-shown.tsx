import { strings } from '../strings';

/** A secret, at the one moment at which it is shown. */
export function SecretShown({ secret }: { secret: string | undefined }) {
  return (
    <div role="status">
      {secret && (
        <div className="card">
          <p>{strings.webhooks.secret}</p>
          <code className="secret">{secret}</code>
        </div>
      )}
    </div>
  );
}
