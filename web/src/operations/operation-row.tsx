import type { Operation } from '@outcome/client';
import { useOperation } from '@outcome/client/react';
import { Link } from 'wouter';
import { duration, money, time } from '../format';
import { strings } from '../strings';
import { Progress } from './progress';
import { StatusBadge } from './status-badge';

/** A row follows its operation until it ends. */
export function OperationRow({ listed }: { listed: Operation }) {
  const { operation: followed } = useOperation(listed.id, { initial: listed });
  const operation = followed && followed.version >= listed.version ? followed : listed;
  const { id, kind, createdAt, finishedAt, result, progress, done } = operation;
  return (
    <tr>
      <th scope="row">
        <Link href={`/operations/${id}`}>
          <span>{kind}</span>
          <code className="quiet">{id}</code>
        </Link>
      </th>
      <td>
        <StatusBadge status={operation.status} />
        {progress && !done && <Progress percent={progress.percent} />}
        {result && 'amount' in result && <span className="quiet amount">{money(result.amount, result.currency)}</span>}
        {operation.failure && <span className="quiet">{operation.failure.code}</span>}
      </td>
      <td data-label={strings.operations.columns.started}>
        <time dateTime={createdAt}>{time(createdAt)}</time>
      </td>
      <td className="number" data-label={strings.operations.columns.took}>
        {finishedAt ? duration(Date.parse(finishedAt) - Date.parse(createdAt)) : '–'}
      </td>
    </tr>
  );
}
