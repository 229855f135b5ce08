import { strings } from '../strings';

export function Progress({ percent }: { percent: number }) {
  return <progress value={percent} max={100} aria-label={strings.operations.progress} />;
}
