import { JobQueue, type NewJob, QueueBackend } from '../../queue/job-queue.js';

/** A job that fails is attempted for five to nine hours. */
export const PROVIDER_EVENT_QUEUE = { name: 'provider-events', attempts: 16, keepFailed: 0 } as const;

/** One event of a payment provider to handle. */
export interface ProviderEventJob {
  provider: string;
  eventId: string;
}

/** The jobs that handle the events of payment providers. */
export abstract class ProviderEventQueue extends JobQueue<ProviderEventJob> {}

export const providerEventQueue = {
  provide: ProviderEventQueue,
  inject: [QueueBackend],
  useFactory: (backend: QueueBackend): ProviderEventQueue => backend.open(PROVIDER_EVENT_QUEUE),
};

/** The same event has one job, however often it is added. */
export const jobOf = (data: ProviderEventJob): NewJob<ProviderEventJob> => ({
  id: `${data.provider} ${data.eventId}`.replaceAll(':', ' '),
  data,
});
