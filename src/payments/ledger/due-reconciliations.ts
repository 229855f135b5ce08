import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { repeatedly } from '../../clock/repeatedly.js';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { OperationReconciler } from '../../operations/kinds/operation-reconciler.js';
import { PaymentProviders } from '../providers/payment-providers.js';
import { PaymentLedger } from './payment-ledger.js';

/** Of each provider, every WATCHDOG_MS: at the default, 200 a minute. */
const PAGE = 50;

/**
 * Has providers asked how charges stand whose time has come, as if there were news of them: what is done in a dashboard
 * is found though no webhook comes.
 */
@Injectable()
export class DueReconciliations implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DueReconciliations.name);
  private readonly stop = new AbortController();

  constructor(
    private readonly providers: PaymentProviders,
    private readonly ledger: PaymentLedger,
    private readonly reconciler: OperationReconciler,
    @Inject(CONFIG) private readonly config: RunningConfig,
  ) {}

  onApplicationBootstrap(): void {
    for (const provider of this.providers.names)
      repeatedly(
        this.config.WATCHDOG_MS,
        this.stop.signal,
        () => this.ask(provider),
        (err) => this.logger.warn({ msg: 'payments could not be compared with their provider', provider, err }),
      );
  }

  onModuleDestroy(): void {
    this.stop.abort();
  }

  private async ask(provider: string): Promise<void> {
    for (const chargeOperationId of await this.ledger.takeDue(provider, PAGE)) {
      if (this.stop.signal.aborted) return;
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
