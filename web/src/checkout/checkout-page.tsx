import { useOutcome, useStartOperation } from '@outcome/client/react';
import { useEffect, useRef, useState } from 'react';
import { money } from '../format';
import { UnderTheHood } from '../hood/under-the-hood';
import { useHistory } from '../hood/use-history';
import { useNetwork } from '../hood/use-network';
import { strings } from '../strings';
import { totalOf, useCart } from './cart';
import { OutcomePanel } from './outcome-panel';
import { methodsOf, PaymentMethods } from './payment-methods';
import { usePaymentProvider } from './use-payment-provider';
import { useReversal } from './use-reversal';
import '../styles/checkout.css';

export function CheckoutPage() {
  const client = useOutcome();
  const [cart, beginAnother] = useCart();
  const [chosen, setChosen] = useState<string>();
  const { start, reset, operation, error, underway } = useStartOperation('payment.charge', { intent: cart.id });
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
    const { id: orderId, currency } = cart;
    void start({
      amount: totalOf(cart),
      currency,
      paymentMethod,
      orderId,
      returnUrl: new URL('/', location.href).href,
    }).catch(() => undefined);
  };
  const cancel = () => {
    // If the cancel came too late, the payment's ending shows it.
    if (operation) void client.cancel(operation.id).catch(() => undefined);
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
      <UnderTheHood operation={operation} events={events} />
    </div>
  );
}
