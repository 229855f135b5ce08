import type { Status } from '@outcome/client';
import { useOutcome } from '@outcome/client/react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useMay, useSession } from '../access/use-session';
import { strings } from '../strings';
import { Filter, type Filters } from './filter';
import { OperationRow } from './operation-row';
import { Statistics } from './statistics';
import { useList } from './use-list';
import '../styles/operations.css';

const COUNTDOWN_SECONDS = 20;
const UNFINISHED: Status[] = ['pending', 'processing', 'requires_action', 'reconciling'];

export default function OperationsPage() {
  const client = useOutcome();
  const may = useMay();
  const { notice } = useSession();
  const [, navigate] = useLocation();
  const [filters, setFilters] = useState<Filters>({ status: '', kind: '' });
  const { items, hasMore, showMore, trouble } = useList(
    statusesOf(filters)?.join(','),
    filters.kind || undefined,
    filters.status === 'attention',
  );

  const startCountdown = () => {
    // Each press starts another countdown.
    void client
      .start(
        'demo.countdown',
        { seconds: COUNTDOWN_SECONDS },
        { intent: crypto.getRandomValues(new Uint32Array(2)).join('-') },
      )
      .then(
        ({ id }) => navigate(`/operations/${id}`),
        () => undefined,
      );
  };

  return (
    <div className="operations">
      <div className="row">
        <div>
          <h1>{strings.operations.title}</h1>
          <p className="lead">{strings.operations.lead}</p>
        </div>
        {may('operations:start:demo.countdown') && (
          <button type="button" className="button quiet-button" onClick={startCountdown}>
            {strings.operations.countdown}
          </button>
        )}
      </div>
      <Statistics />
      <Filter filters={filters} onChange={setFilters} onFind={(id) => navigate(`/operations/${id}`)} />
      <p role="status" className="warning list-warning">
        {notice === undefined && trouble}
      </p>
      <div className="card table-card">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">{strings.operations.columns.operation}</th>
              <th scope="col">{strings.operations.columns.status}</th>
              <th scope="col">{strings.operations.columns.started}</th>
              <th scope="col" className="number">
                {strings.operations.columns.took}
              </th>
            </tr>
          </thead>
          <tbody>
            {items?.map((operation) => (
              <OperationRow key={operation.id} listed={operation} />
            ))}
          </tbody>
        </table>
        {items?.length === 0 && <p className="quiet empty">{strings.operations.empty}</p>}
      </div>
      {hasMore && (
        <button type="button" className="button quiet-button more" onClick={showMore}>
          {strings.operations.more}
        </button>
      )}
    </div>
  );
}

function statusesOf({ status }: Filters): Status[] | undefined {
  if (status === 'unfinished') return UNFINISHED;
  return status === '' || status === 'attention' ? undefined : [status];
}
