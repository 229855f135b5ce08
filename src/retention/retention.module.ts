import { Module } from '@nestjs/common';
import { Retention } from './retention.js';
import { RetentionTasks } from './retention.task.js';

/** Of a process in the role `worker`. */
@Module({ providers: [Retention, RetentionTasks], exports: [Retention] })
export class RetentionModule {}
