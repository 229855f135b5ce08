import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';
import { OperationReconciler } from '../../operations/kinds/operation-reconciler.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import { PaymentLedger } from './payment-ledger.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';

/** Per provider, every WATCHDOG_MS: at the default, 200 a minute. */
const PAGE = 50;

/** Reconciles due charges as a webhook would: finds changes made in a dashboard even without a webhook. */
@Injectable()
@Maintenance()
export class DueReconciliations implements HasMaintenanceTasks {
  private readonly logger = new Logger(DueReconciliations.name);

  constructor(
    private readonly providers: PaymentProviders,
    private readonly ledger: PaymentLedger,
    private readonly reconciler: OperationReconciler,
    @Inject(CONFIG.maintenance) private readonly config: Config['maintenance'],
  ) {}

  tasks(): MaintenanceTask[] {
    const task = (name: string, run: MaintenanceTask['run']): MaintenanceTask => ({
      name: `reconciliation-${name}`,
      everyMs: this.config.intervalMs,
      scope: 'cluster',
      run,
    });
    return [
      ...this.providers.names.map((provider) => task(provider, (stop) => this.ask(provider, stop))),
      task('accounts', (stop) => this.askAccounts(stop)),
    ];
  }

  private async askAccounts(stop: AbortSignal): Promise<void> {
    for (const account of await this.providers.accountNames()) await this.ask(account, stop);
  }

  private async ask(provider: string, stop: AbortSignal): Promise<void> {
    for (const chargeOperationId of await this.ledger.takeDue(provider, PAGE)) {
      if (stop.aborted) return;
      try {
        await this.reconciler.reconcile(chargeOperationId);
      } catch (err) {
        this.logger.warn({
          msg: 'a payment could not be compared with its provider',
          provider,
          chargeOperationId,
          err,
        });
      }
    }
  }
}
