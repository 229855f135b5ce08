import { useOperation, useOutcome } from '@outcome/client/react';
import { useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../access/use-session';
import { date } from '../format';
import { Timeline } from '../hood/timeline';
import { useHistory } from '../hood/use-history';
import { strings } from '../strings';
import { Json } from './json';
import { Progress } from './progress';
import { StatusBadge } from './status-badge';
import { useInspection } from './use-inspection';
import '../styles/operations.css';
import '../styles/hood.css';

type Fact = [name: string, value: string | number | null | undefined];

export default function OperationPage({ id }: { id: string }) {
  const client = useOutcome();
  const { operation: followed, error, via } = useOperation(id);
  const events = useHistory(followed);
  // The page follows the operation to its ending; its history has later events.
  const noted = events.at(-1)?.operation;
  const operation = noted && followed && noted.version > followed.version ? noted : followed;
  const may = useMay();
  const mayInspect = may('operations:inspect');
  const inspection = useInspection(mayInspect ? operation : undefined);
  const [isAsked, setAsked] = useState(false);
  const words = strings.operations;

  const cancel = () => {
    setAsked(true);
    // If the cancel came too late, the operation's ending shows it.
    void client.cancel(id).catch(() => undefined);
  };

  const isAskedFor = isAsked || typeof inspection?.cancelRequestedAt === 'string';
  const inspected: Fact[] = [
    [words.waitsFor, inspection && strings.waitsFor[inspection.waitsFor]],
    [words.attempts, inspection?.attempts],
    [words.lookUps, inspection?.lookUps],
    [words.nextAttempt, inspection?.nextAttemptAt && date(inspection.nextAttemptAt)],
    [words.cancelRequested, inspection?.cancelRequestedAt && date(inspection.cancelRequestedAt)],
    [words.attentionFrom, inspection?.attentionAt && date(inspection.attentionAt)],
  ];
  const facts: Fact[] = [
    ...(mayInspect ? inspected : []),
    [words.version, operation?.version],
    [words.created, operation && date(operation.createdAt)],
    [words.finished, operation?.finishedAt && date(operation.finishedAt)],
    [words.expires, operation?.expiresAt && date(operation.expiresAt)],
    ...(mayInspect ? [[words.request, inspection?.requestId] satisfies Fact] : []),
  ];

  return (
    <div className="operation">
      <Link href="/operations" className="link back">
        {words.back}
      </Link>
      <div className="row">
        <div>
          <h1>{operation?.kind ?? words.columns.operation}</h1>
          <p className="quiet">
            <code>{id}</code>
          </p>
        </div>
        <div className="operation-state" role="status">
          {operation && <StatusBadge status={operation.status} />}
          {error && <p className="warning">{error.code === 'operation_not_found' ? words.notFound : error.message}</p>}
          {!error && !operation?.done && !via && operation && <p className="warning">{words.unreachable}</p>}
          {operation?.progress && <Progress percent={operation.progress.percent} />}
          {operation?.progress?.message && !operation.done && <p className="quiet">{operation.progress.message}</p>}
        </div>
        {operation && !operation.done && may('operations:cancel') && (
          <button type="button" className="button quiet-button" onClick={cancel} disabled={isAskedFor}>
            {isAskedFor ? strings.checkout.canceling : words.cancel}
          </button>
        )}
      </div>
      {operation && (
        <div className="operation-parts">
          <section className="card" aria-labelledby="facts-title">
            <h2 id="facts-title">{words.facts}</h2>
            <dl className="facts">
              {facts.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value ?? strings.hood.notYet}</dd>
                </div>
              ))}
            </dl>
          </section>
          <section className="card" aria-labelledby="history-title">
            <h2 id="history-title">{words.history}</h2>
            <Timeline events={events} />
          </section>
          <Json title={words.input} value={mayInspect ? inspection?.input : undefined} />
          <Json title={words.result} value={operation.result} />
          <Json title={words.failure} value={operation.failure} />
          <Json title={words.nextAction} value={may('operations:read_secrets') ? operation.nextAction : undefined} />
        </div>
      )}
    </div>
  );
}
