import type { Ledger } from '../support/payments.js';
import type { Service } from '../support/service.js';
import type { Fault as WireFault } from '../support/stripe-double/faults.js';

/** A running service with a provider beside it whose books can be read. */
export interface World {
  service: Service;
  /**
   * Payment methods: one that is charged, one that is declined, one whose customer is asked, one that takes its time.
   */
  methods: Readonly<Record<'charged' | 'declined' | 'asks' | 'pending', string>>;
  /** By the provider's own books, for each idempotency key of a charge that has moved money or could. */
  ledger(): Promise<Map<string, Ledger & { charges: number }>>;
  /** The customer answers, where they are asked. */
  customer(chargeOperationId: string, answer: 'approve' | 'refuse'): Promise<void>;
  /** What goes wrong on the wire, request by request, where the provider is reached over one. */
  planWire?(faults: readonly WireFault[]): void;
  /** What the provider takes its time with comes to an end. */
  completePending(chargeOperationId: string): Promise<void>;
  /** A genuine webhook about a charge, delivered. */
  deliverWebhook(chargeOperationId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Quick enough that a day of look-ups passes within a test. */
export const QUICK = {
  JOB_LOCK_MS: '400',
  WATCHDOG_MS: '300',
  LOOK_UP_BASE_MS: '1',
  RETRY_BASE_MS: '5',
  RETRY_ATTEMPTS: '5',
};
