import { describeQueue } from './queue.js';
import { postgresQueue } from './queues/postgres.js';

describeQueue('PostgreSQL', postgresQueue);
