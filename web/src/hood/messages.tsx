import { time } from '../format';
import { network } from '../outcome';
import { strings } from '../strings';
import { useNetwork } from './use-network';

/** The network's messages. */
export function Messages() {
  const { messages } = useNetwork();
  return (
    <section className="card" aria-labelledby="messages-title">
      <div className="row">
        <h3 id="messages-title">{strings.hood.messages}</h3>
        <button type="button" className="link" onClick={() => network.clear()}>
          {strings.hood.clear}
        </button>
      </div>
      <p className="quiet">{messages.length > 0 ? strings.hood.messagesNote : strings.hood.noMessages}</p>
      {/* The list scrolls, so the keyboard must reach it. */}
      <div className="messages" tabIndex={0} role="region" aria-labelledby="messages-title">
        {messages.map(({ id, at, direction, title, headers, body }) => (
          <details key={id} className={`message message-${direction}`}>
            <summary>
              <span aria-hidden="true">{direction === 'sent' ? '→' : '←'}</span>
              <span className="visually-hidden">{strings.hood[direction]}</span>
              <code>{title}</code>
              <time className="quiet">{time(at)}</time>
            </summary>
            <pre>
              {headers.map(([name, value]) => `${name}: ${value}\n`).join('')}
              {headers.length > 0 && body ? '\n' : ''}
              {body}
            </pre>
          </details>
        ))}
      </div>
    </section>
  );
}
