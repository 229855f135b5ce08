import type { Operation, OperationEvent, TransportName } from '@outcome/client';
import { network } from '../outcome';
import { strings } from '../strings';
import { KnowledgePlot } from './knowledge-plot';
import { Messages } from './messages';
import { Timeline } from './timeline';
import { useNetwork } from './use-network';
import { useObservations } from './use-observations';
import '../styles/hood.css';

interface Props {
  operation: Operation | undefined;
  events: readonly OperationEvent[];
  /** How the customer's part follows the operation. */
  via: TransportName | undefined;
}

export function UnderTheHood({ operation, events, via }: Props) {
  const observations = useObservations(operation?.id);
  const { isCut } = useNetwork();

  return (
    <aside className="hood" aria-labelledby="hood-title">
      <h2 id="hood-title">{strings.hood.title}</h2>
      <p className="lead">{strings.hood.lead}</p>

      <section className="card network" aria-label={strings.hood.network}>
        <label className="switch">
          <input
            type="checkbox"
            role="switch"
            checked={!isCut}
            onChange={({ target }) => network.cut(!target.checked)}
          />
          <span className="switch-track" aria-hidden="true" />
          <span>{strings.hood.network}</span>
        </label>
        <span className={isCut ? 'state-cut' : 'quiet'}>
          {isCut ? strings.hood.cut : operation && !operation.done ? viaOf(via) : strings.hood.online}
        </span>
      </section>

      <section className="card" aria-labelledby="known-title">
        <h3 id="known-title">{strings.hood.known}</h3>
        <p className="quiet">{strings.hood.knownNote}</p>
        <KnowledgePlot key={operation?.id} events={events} observations={observations} />
      </section>

      <section className="card" aria-labelledby="timeline-title">
        <h3 id="timeline-title">{strings.hood.timeline}</h3>
        {/* A fixed height keeps the layout from jumping; the list scrolls, so the keyboard must reach it. */}
        <div className="timeline-place" tabIndex={0} role="region" aria-labelledby="timeline-title">
          {events.length > 0 ? <Timeline events={events} /> : <p className="quiet">{strings.hood.none}</p>}
        </div>
      </section>

      <Messages />
    </aside>
  );
}

const viaOf = (via: keyof typeof strings.hood.via | undefined) => (via ? strings.hood.via[via] : strings.hood.viaNone);
