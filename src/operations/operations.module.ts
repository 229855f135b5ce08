import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CancelOperationHandler } from './commands/cancel-operation.command.js';
import { CreateStartTokenHandler } from './commands/create-start-token.command.js';
import { ExecuteOperationHandler } from './execution/execute-operation.command.js';
import { ExpireOperationHandler } from './commands/expire-operation.command.js';
import { ReconcileOperationHandler } from './commands/reconcile-operation.command.js';
import { CommandReconciler } from './commands/command-reconciler.js';
import { RecheckEndingsHandler } from './commands/recheck-endings.command.js';
import { RescueOperationsHandler } from './commands/rescue-operations.command.js';
import { ResolveOperationHandler } from './commands/resolve-operation.command.js';
import { RevokeWatchTokensHandler } from './commands/revoke-watch-tokens.command.js';
import { StartOperationHandler } from './commands/start-operation.command.js';
import { OperationQueue, operationQueue } from './jobs/operation-queue.js';
import { KindRegister } from './kinds/kind-register.js';
import { OperationReconciler } from './kinds/operation-reconciler.js';
import { Backlog } from './persistence/backlog.js';
import { TenantJobs } from './persistence/tenant-jobs.js';
import { OperationReader } from './persistence/operation.reader.js';
import { JobReassignment } from './persistence/job-reassignment.js';
import { OperationRepository } from './persistence/operation.repository.js';
import { StatisticsReader } from './persistence/statistics.reader.js';
import { RecentOperations } from './persistence/recent-operations.js';
import { WorkerLease } from './persistence/worker-lease.js';
import { Overdue } from './persistence/overdue-jobs.task.js';
import { Deadlines } from './maintenance/deadlines.task.js';
import { FindExpiredHandler } from './queries/find-expired.query.js';
import { GetHistoryHandler } from './queries/get-history.query.js';
import { GetOperationHandler } from './queries/get-operation.query.js';
import { GetVersionsHandler } from './queries/get-versions.query.js';
import { InspectOperationHandler } from './queries/inspect-operation.query.js';
import { ListOperationsHandler } from './queries/list-operations.query.js';
import { OperationFollowers } from './feed/operation-follower.js';
import { RevokedReaders } from './feed/revoked-readers.task.js';
import { GetOperationStatisticsHandler } from './queries/operation-statistics.query.js';
import { WaitForOperationHandler } from './feed/wait-for-operation.query.js';

const commands = [
  CancelOperationHandler,
  CreateStartTokenHandler,
  ExecuteOperationHandler,
  ExpireOperationHandler,
  ReconcileOperationHandler,
  RecheckEndingsHandler,
  RescueOperationsHandler,
  ResolveOperationHandler,
  RevokeWatchTokensHandler,
  StartOperationHandler,
];
const queries = [
  FindExpiredHandler,
  GetHistoryHandler,
  GetOperationHandler,
  GetOperationStatisticsHandler,
  GetVersionsHandler,
  InspectOperationHandler,
  ListOperationsHandler,
  WaitForOperationHandler,
];

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    KindRegister,
    operationQueue,
    OperationReader,
    OperationRepository,
    JobReassignment,
    StatisticsReader,
    WorkerLease,
    RecentOperations,
    Backlog,
    TenantJobs,
    Overdue,
    OperationFollowers,
    RevokedReaders,
    Deadlines,
    { provide: OperationReconciler, useClass: CommandReconciler },
    ...commands,
    ...queries,
  ],
  exports: [
    Backlog,
    JobReassignment,
    KindRegister,
    OperationFollowers,
    OperationQueue,
    OperationReader,
    OperationReconciler,
    OperationRepository,
    WorkerLease,
  ],
})
export class OperationsModule {}
