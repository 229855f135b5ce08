import type { Ledger } from '../support/payments.js';
import type { Service } from '../support/service.js';
import type { Fault as WireFault } from '../support/stripe-double/faults.js';

/** A running service and a provider whose records the test can read. */
export interface World {
  service: Service;
  /** Payment methods: charged, declined, with a customer action, and pending. */
  methods: Readonly<Record<'charged' | 'declined' | 'asks' | 'pending', string>>;
  /** By the provider's records, for each idempotency key of a charge that has moved money or could. */
  ledger(): Promise<Map<string, Ledger & { charges: number }>>;
  /** The customer answers, if asked. */
  customer(chargeOperationId: string, answer: 'approve' | 'refuse'): Promise<void>;
  /** Faults of the connection to the provider, request by request, if there is one. */
  planWire?(faults: readonly WireFault[]): void;
  /** Completes the provider's pending work on the charge. */
  completePending(chargeOperationId: string): Promise<void>;
  /** Delivers a genuine webhook about a charge. */
  deliverWebhook(chargeOperationId: string): Promise<void>;
  stop(): Promise<void>;
}

/** So short that a day of look-ups passes within a test. */
export const QUICK = {
  JOB_LOCK_MS: '400',
  WATCHDOG_MS: '300',
  LOOK_UP_BASE_MS: '1',
  RETRY_BASE_MS: '5',
  RETRY_ATTEMPTS: '5',
};
