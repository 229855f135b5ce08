import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OperationReconciler } from '../../operations/kinds/operation-reconciler.js';
import { LARGEST_PAGE, PaymentLedger } from './payment-ledger.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { HOURS, MINUTES } from '../../time/durations.js';

/** A starting process looks back over the longest outage; a running one, over the longest delay of a run. */
const AT_FIRST = 24 * HOURS;
const OVERLAP = 5 * MINUTES;

/**
 * Compares the payment ledger with how operations ended. An abandoned attempt may move money after its operation has
 * ended otherwise: the audit has the operation looked up and the unexpected effect reversed.
 */
@Injectable()
@Maintenance()
export class PaymentAudit implements HasMaintenanceTasks {
  private readonly logger = new Logger(PaymentAudit.name);
  private from: Date | undefined;

  constructor(
    private readonly ledger: PaymentLedger,
    private readonly reconciler: OperationReconciler,
    private readonly clock: Clock,
    @Inject(CONFIG.maintenance) private readonly config: Config['maintenance'],
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'payment-audit', everyMs: this.config.intervalMs, scope: 'cluster', run: () => this.compare() }];
  }

  private async compare(): Promise<void> {
    const overlapping = this.clock.fromNow(-OVERLAP);
    this.from ??= this.clock.fromNow(-AT_FIRST);
    let isComplete = true;
    const unexpected = await this.ledger.unexpectedSince(this.from);
    for (const { id } of unexpected) isComplete = (await this.reconciled(id)) && isComplete;
    // Operations that failed here, or that did not fit on the page, must be found again.
    if (isComplete && unexpected.length < LARGEST_PAGE) this.from = overlapping;
  }

  /** False: it failed for now; the others continue. */
  private async reconciled(operationId: string): Promise<boolean> {
    this.logger.warn({ msg: 'an operation has moved money and ended otherwise', operationId });
    try {
      return (await this.reconciler.reconcile(operationId)) === 'reconciled';
    } catch (err) {
      this.logger.warn({ msg: 'it could not be looked up', operationId, err });
      return false;
    }
  }
}
