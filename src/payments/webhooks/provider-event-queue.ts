import { JobQueue, type NewJob, QueueBackend } from '../../queue/job-queue.js';

/** Attempts of a failing job span five to nine hours. */
export const PROVIDER_EVENT_QUEUE = { name: 'provider-events', attempts: 16, keepFailed: 0 } as const;

/** One event of a payment provider. */
export interface ProviderEventJob {
  provider: string;
  eventId: string;
}

export abstract class ProviderEventQueue extends JobQueue<ProviderEventJob> {}

export const providerEventQueue = {
  provide: ProviderEventQueue,
  inject: [QueueBackend],
  useFactory: (backend: QueueBackend): ProviderEventQueue => backend.open(PROVIDER_EVENT_QUEUE),
};

/** An event has one job, however often it is added. */
export const jobOf = (data: ProviderEventJob): NewJob<ProviderEventJob> => ({
  id: `${data.provider} ${data.eventId}`.replaceAll(':', ' '),
  data,
});
