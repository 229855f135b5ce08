import type { Status } from '@outcome/client';
import { strings } from '../strings';

export function StatusBadge({ status }: { status: Status }) {
  return <span className={`badge status-${status}`}>{strings.statuses[status]}</span>;
}
