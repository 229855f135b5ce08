import { TerminalError } from '../../operations/kinds/outcome.js';
import {
  type Inspection,
  type PaymentMethodTokens,
  PaymentProvider,
  type ProviderAnswer,
  type ProviderEvent,
  type ProviderLookUp,
  type Unknown,
  WebhookRefused,
} from './payment-provider.js';

const WHY =
  'It was sent to another account at the provider than that of the key which is set now, where it can be neither ' +
  'found nor sent again.';

/**
 * Stands in for a provider whose key is of another account than a payment was sent to, and asks it nothing: there, what
 * was charged is not found, and the same idempotency key charges once more.
 */
export class AnotherAccount extends PaymentProvider {
  readonly name: string;
  readonly paymentMethods: PaymentMethodTokens;
  readonly live: boolean;
  /** For the log alone: clients read the history. */
  private readonly cause: Error;

  constructor(provider: PaymentProvider, sentTo: string, present: string) {
    super();
    this.name = provider.name;
    this.paymentMethods = provider.paymentMethods;
    this.live = provider.live;
    this.cause = new Error(`It was sent to ${sentTo}, and the key of ${provider.name} is of ${present}.`);
  }

  override charge(): Promise<ProviderAnswer> {
    return this.refuse();
  }

  override capture(): Promise<ProviderAnswer> {
    return this.refuse();
  }

  override void(): Promise<ProviderAnswer> {
    return this.refuse();
  }

  override refund(): Promise<ProviderAnswer> {
    return this.refuse();
  }

  override cancel(): Promise<ProviderAnswer> {
    return Promise.resolve(this.unknown());
  }

  override lookUp(): Promise<ProviderLookUp> {
    return Promise.resolve(this.unknown());
  }

  override inspect(): Promise<Inspection> {
    return Promise.resolve({ type: 'not_understood', reason: WHY });
  }

  override readWebhook(): ProviderEvent {
    throw new WebhookRefused(WHY);
  }

  /** This call has no effect, ever. What became of an earlier one, a look-up tells or not. */
  private refuse(): Promise<never> {
    return Promise.reject(new TerminalError('account_differs', WHY, { cause: this.cause }));
  }

  private unknown(): Unknown {
    return { type: 'unknown', reason: 'account_differs', unexplained: WHY, cause: this.cause };
  }
}
