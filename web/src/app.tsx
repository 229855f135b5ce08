import { OutcomeProvider } from '@outcome/client/react';
import { lazy, Suspense } from 'react';
import { Link, Redirect, Route, Switch, useRoute } from 'wouter';
import { Account } from './access/account';
import { Allowed, Notice } from './access/allowed';
import { SignIn } from './access/sign-in';
import { useMay, useSession } from './access/use-session';
import { CheckoutPage } from './checkout/checkout-page';
import { strings } from './strings';
import { ThemeSwitch } from './theme-switch';

const OperationsPage = lazy(() => import('./operations/operations-page'));
const WebhooksPage = lazy(() => import('./webhooks/webhooks-page'));
const WebhookPage = lazy(() => import('./webhooks/webhook-page'));
const OperationPage = lazy(() => import('./operations/operation-page'));

function NavLink({ to, pattern = to, children }: { to: string; pattern?: string; children: string }) {
  const [isHere] = useRoute(pattern);
  return (
    <Link href={to} className="nav-link" aria-current={isHere ? 'page' : undefined}>
      {children}
    </Link>
  );
}

/** Each page, and the scope without which it shows nothing. */
const CHECKOUT = 'operations:start:payment.charge';
const OPERATIONS = 'operations:read';
const WEBHOOKS = 'webhooks:read';

export function App() {
  const { phase, isUnreachable, client, caller } = useSession();
  const may = useMay();
  const isIn = phase === 'in';
  return (
    <>
      <a className="skip" href="#content">
        {strings.skip}
      </a>
      <header className="bar">
        <span className="brand">
          <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
            <rect width="32" height="32" rx="9" />
            <path d="m9 16.5 5 5 9.5-11" />
          </svg>
          {strings.product}
        </span>
        <nav aria-label={strings.nav.label}>
          {isIn && may(CHECKOUT) && <NavLink to="/">{strings.nav.checkout}</NavLink>}
          {isIn && may(OPERATIONS) && (
            <NavLink to="/operations" pattern="/operations/:id?">
              {strings.nav.operations}
            </NavLink>
          )}
          {isIn && may(WEBHOOKS) && (
            <NavLink to="/webhooks" pattern="/webhooks/:id?">
              {strings.nav.webhooks}
            </NavLink>
          )}
          <a className="nav-link" href="/docs">
            {strings.nav.docs}
          </a>
        </nav>
        <Account />
        <ThemeSwitch />
      </header>
      <main id="content" tabIndex={-1}>
        {phase === 'asking' && (
          <p role="status" className="quiet page-loading">
            {isUnreachable ? strings.access.asking : strings.loading}
          </p>
        )}
        {phase === 'out' && <SignIn />}
        {client && (
          // Out of sight while nobody is in: what was typed is still there for who signs in again.
          <div key={caller?.tenant} hidden={!isIn}>
            <OutcomeProvider client={client}>
              <Notice />
              <Pages />
            </OutcomeProvider>
          </div>
        )}
      </main>
    </>
  );
}

function Pages() {
  const may = useMay();
  return (
    <Suspense fallback={<p className="quiet page-loading">{strings.loading}</p>}>
      <Switch>
        <Route path="/">
          {may(CHECKOUT) || !(may(OPERATIONS) || may(WEBHOOKS)) ? (
            <Allowed scope={CHECKOUT}>
              <CheckoutPage />
            </Allowed>
          ) : (
            <Redirect to={may(OPERATIONS) ? '/operations' : '/webhooks'} />
          )}
        </Route>
        <Route path="/operations">
          <Allowed scope={OPERATIONS}>
            <OperationsPage />
          </Allowed>
        </Route>
        <Route path="/operations/:id">
          {({ id }) => (
            <Allowed scope={OPERATIONS}>
              <OperationPage key={id} id={id} />
            </Allowed>
          )}
        </Route>
        <Route path="/webhooks">
          <Allowed scope={WEBHOOKS}>
            <WebhooksPage />
          </Allowed>
        </Route>
        <Route path="/webhooks/:id">
          {({ id }) => (
            <Allowed scope={WEBHOOKS}>
              <WebhookPage key={id} id={id} />
            </Allowed>
          )}
        </Route>
        <Route>
          <Redirect to="/" />
        </Route>
      </Switch>
    </Suspense>
  );
}
