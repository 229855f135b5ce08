import type { Client } from '@outcome/client';
import { OutcomeProvider, type Starter, useOutcome, useStartOperation } from '@outcome/client/react';
import { useEffect, useRef, useState } from 'react';
import { useMay, useSession } from '../access/use-session';
import { money } from '../format';
import { UnderTheHood } from '../hood/under-the-hood';
import { useHistory } from '../hood/use-history';
import { useNetwork } from '../hood/use-network';
import { strings } from '../strings';
import { type Cart, totalOf, useCart } from './cart';
import { OutcomePanel } from './outcome-panel';
import { methodsOf, PaymentMethods } from './payment-methods';
import { startTokenFor } from './shop-backend';
import { usePaymentProvider } from './use-payment-provider';
import { useReversal } from './use-reversal';
import '../styles/checkout.css';

/** The customer's part has no credentials; what is under the hood is read with those of who is in, if they may. */
export function CheckoutPage() {
  const client = useOutcome();
  const mayRead = useMay()('operations:read');
  const { shopper = client } = useSession();
  return (
    <OutcomeProvider client={shopper}>
      <Payment reader={mayRead ? client : shopper} />
    </OutcomeProvider>
  );
}

function Payment({ reader }: { reader: Client }) {
  const customer = useOutcome();
  const [cart, beginAnother] = useCart();
  const payment = useStartOperation('payment.charge', { intent: cart.id });
  return (
    <OutcomeProvider client={reader}>
      <Checkout cart={cart} beginAnother={beginAnother} payment={payment} customer={customer} />
    </OutcomeProvider>
  );
}

interface Props {
  cart: Cart;
  beginAnother: () => void;
  payment: Starter<'payment.charge'>;
  customer: Client;
}

function Checkout({ cart, beginAnother, payment, customer }: Props) {
  const [chosen, setChosen] = useState<string>();
  const { startWith, reset, operation, error, underway } = payment;
  const { isCut } = useNetwork();
  const total = money(totalOf(cart), cart.currency);
  const isPaid = operation?.status === 'success';
  const events = useHistory(operation);
  const reversal = useReversal(events);
  const provider = usePaymentProvider();
  const offered = methodsOf(provider).map(({ token }) => token);
  const paymentMethod = chosen !== undefined && offered.includes(chosen) ? chosen : (offered[0] ?? '');
  const panel = useRef<HTMLElement>(null);

  // On a small screen, the panel would change out of sight.
  useEffect(() => {
    if (operation || underway) panel.current?.scrollIntoView({ block: 'nearest' });
  }, [operation?.status, underway]);

  const pay = () => {
    void startWith(() => startTokenFor({ id: cart.id, paymentMethod })).catch(() => undefined);
  };
  const cancel = () => {
    // If the cancel came too late, the payment's ending shows it.
    if (operation) void customer.cancel(operation.id).catch(() => undefined);
  };

  return (
    <div className="checkout">
      <section className="shop" aria-labelledby="checkout-title">
        <h1 id="checkout-title">{strings.checkout.title}</h1>
        <p className="lead">{strings.checkout.lead}</p>

        <div className="card">
          <h2>{strings.checkout.cart}</h2>
          <p className="quiet order-number">{strings.checkout.order(cart.id)}</p>
          <ul className="cart">
            {cart.items.map(({ name, note, amount }) => (
              <li key={name}>
                <span>{name}</span>
                <span className="quiet">{note}</span>
                <span className="amount">{money(amount, cart.currency)}</span>
              </li>
            ))}
          </ul>
          <p className="total">
            <span>{strings.checkout.total}</span>
            <span className="amount">{total}</span>
          </p>
        </div>

        <form
          className="card"
          onSubmit={(event) => {
            event.preventDefault();
            pay();
          }}
        >
          <PaymentMethods
            chosen={paymentMethod}
            onChoose={setChosen}
            isFixed={underway || isPaid}
            provider={provider}
          />
          <button type="submit" className="button pay" disabled={underway || isPaid} aria-busy={underway}>
            {isPaid ? strings.checkout.paid : underway ? strings.checkout.paying : strings.checkout.pay(total)}
          </button>
          <OutcomePanel
            operation={operation}
            error={error}
            isStarting={underway && !operation}
            isCut={isCut}
            reversal={reversal}
            panel={panel}
            onDismiss={reset}
            onCancel={cancel}
            onNewOrder={beginAnother}
          />
        </form>
      </section>
      <UnderTheHood operation={operation} events={events} via={payment.via} />
    </div>
  );
}
