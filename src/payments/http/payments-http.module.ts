import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { PaymentsModule } from '../payments.module.js';
import { PaymentsController } from './payments.controller.js';
import { SandboxDashboardController } from './sandbox-dashboard.controller.js';
import { SandboxPageController } from './sandbox-page.controller.js';
import { WebhooksController } from './webhooks.controller.js';

@Module({})
export class PaymentsHttpModule {
  /** Serves the sandbox's pages only if the sandbox is the provider. */
  static for({ provider }: Config['payments']): DynamicModule {
    const pages = provider === 'sandbox' ? [SandboxPageController, SandboxDashboardController] : [];
    return {
      module: PaymentsHttpModule,
      imports: [PaymentsModule],
      controllers: [PaymentsController, WebhooksController, ...pages],
    };
  }
}
