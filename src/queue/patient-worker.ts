import { setTimeout as pause } from 'node:timers/promises';
import { type Job, Worker } from 'bullmq';

const SECOND = 1000;

/**
 * BullMQ asks for the next job again at once after any error but a refused connection: while the database starts, is
 * read-only or has no connection left, that is a hot loop. This worker waits before it asks again.
 */
export class PatientWorker extends Worker {
  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      if (!this.closing) await pause(SECOND);
      throw error;
    }
  }
}
