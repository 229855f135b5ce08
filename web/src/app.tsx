import { lazy, Suspense } from 'react';
import { Link, Redirect, Route, Switch, useRoute } from 'wouter';
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

export function App() {
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
          <NavLink to="/">{strings.nav.checkout}</NavLink>
          <NavLink to="/operations" pattern="/operations/:id?">
            {strings.nav.operations}
          </NavLink>
          <NavLink to="/webhooks" pattern="/webhooks/:id?">
            {strings.nav.webhooks}
          </NavLink>
          <a className="nav-link" href="/docs">
            {strings.nav.docs}
          </a>
        </nav>
        <ThemeSwitch />
      </header>
      <main id="content" tabIndex={-1}>
        <Suspense fallback={<p className="quiet page-loading">{strings.loading}</p>}>
          <Switch>
            <Route path="/" component={CheckoutPage} />
            <Route path="/operations" component={OperationsPage} />
            <Route path="/operations/:id">{({ id }) => <OperationPage key={id} id={id} />}</Route>
            <Route path="/webhooks" component={WebhooksPage} />
            <Route path="/webhooks/:id">{({ id }) => <WebhookPage key={id} id={id} />}</Route>
            <Route>
              <Redirect to="/" />
            </Route>
          </Switch>
        </Suspense>
      </main>
    </>
  );
}
