import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { session } from '../outcome';
import { strings } from '../strings';
import { useSession } from './use-session';
import '../styles/access.css';

const words = strings.access;

export function SignIn() {
  const { accepts, reason } = useSession();
  const [isShown, setShown] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const focused = useRef(document.activeElement);

  // Who was in the middle of something goes on there.
  useEffect(() => {
    const { current: before } = focused;
    return () => {
      const goesOn = before instanceof HTMLElement && before.isConnected && before !== document.body;
      (goesOn ? before : document.getElementById('content'))?.focus();
    };
  }, []);

  const signIn = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isAsking) return;
    setAsking(true);
    const found = await session.signIn(input.current?.value ?? '');
    if (found === undefined) return;
    setAsking(false);
    setProblem(found);
    input.current?.focus();
  };

  return (
    <form className="card sign-in" onSubmit={(event) => void signIn(event)} aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">{words.title}</h1>
      <p className="lead">{words.lead}</p>
      <p role="alert" className="warning">
        {problem ?? reason}
      </p>
      {/* Password managers keep a password by its name. */}
      <input
        className="visually-hidden"
        type="text"
        name="username"
        autoComplete="username"
        value={location.host}
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      <label htmlFor="credential">{words.label(accepts)}</label>
      <div className="credential">
        <input
          ref={input}
          id="credential"
          name="password"
          type={isShown ? 'text' : 'password'}
          autoComplete="current-password"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          required
          autoFocus
          aria-describedby="credential-hint"
          aria-invalid={problem !== undefined}
        />
        <button
          type="button"
          className="button quiet-button"
          aria-pressed={isShown}
          aria-controls="credential"
          onClick={() => setShown(!isShown)}
        >
          {words.show}
        </button>
      </div>
      <p id="credential-hint" className="quiet">
        {words.hint(accepts)}
      </p>
      <button type="submit" className="button" aria-busy={isAsking} disabled={isAsking}>
        {isAsking ? words.signingIn : words.signIn}
      </button>
    </form>
  );
}
