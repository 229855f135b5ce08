import { Global, Module } from '@nestjs/common';
import { QueueBackend } from './job-queue.js';
import { PostgresBackend } from './postgres.backend.js';

/** Where jobs are kept. The queues themselves are declared by the features that they serve. */
@Global()
@Module({ providers: [{ provide: QueueBackend, useClass: PostgresBackend }], exports: [QueueBackend] })
export class QueueModule {}
