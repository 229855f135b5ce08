import type { Status } from '@outcome/client';
import { type SyntheticEvent, useState } from 'react';
import { strings } from '../strings';
import { useKinds } from './use-kinds';

export interface Filters {
  status: Status | 'unfinished' | 'attention' | '';
  kind: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function Filter({
  filters,
  onChange,
  onFind,
}: {
  filters: Filters;
  onChange: (filters: Filters) => void;
  onFind: (id: string) => void;
}) {
  const kinds = useKinds();
  const [isBad, setBad] = useState(false);
  const find = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget).get('id');
    const id = typeof given === 'string' ? given.trim() : '';
    setBad(!UUID.test(id));
    if (UUID.test(id)) onFind(id.toLowerCase());
  };
  return (
    <div className="filter" role="group" aria-label={strings.operations.filter}>
      <label>
        {strings.operations.status}
        <select
          value={filters.status}
          onChange={({ target }) => onChange({ ...filters, status: target.value as Filters['status'] })}
        >
          <option value="">{strings.operations.all}</option>
          <option value="unfinished">{strings.operations.unfinished}</option>
          <option value="attention">{strings.operations.attention}</option>
          {Object.entries(strings.statuses).map(([status, name]) => (
            <option key={status} value={status}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {strings.operations.kind}
        <select value={filters.kind} onChange={({ target }) => onChange({ ...filters, kind: target.value })}>
          <option value="">{strings.operations.all}</option>
          {kinds.map((kind) => (
            <option key={kind}>{kind}</option>
          ))}
        </select>
      </label>
      <form className="find" onSubmit={find} role="search">
        <label>
          {strings.operations.search}
          <input
            name="id"
            autoComplete="off"
            spellCheck={false}
            placeholder="01997b1c-…"
            aria-describedby="find-hint"
            aria-invalid={isBad}
          />
        </label>
        <button type="submit" className="button quiet-button">
          {strings.operations.find}
        </button>
        <p id="find-hint" className={isBad ? 'warning' : 'visually-hidden'}>
          {isBad ? strings.operations.badId : strings.operations.searchHint}
        </p>
      </form>
    </div>
  );
}
