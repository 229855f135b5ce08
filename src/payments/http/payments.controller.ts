import { Controller, Get, Inject, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { CONFIG, type Config } from '../../config/config.js';
import { CalledBy } from '../../access/called-by.decorator.js';
import type { Caller } from '../../access/caller.js';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { refOf } from '../../operations/contract/ref-of.js';
import { GetOperation } from '../../operations/queries/get-operation.query.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import { GetPayment, type PaymentView } from '../ledger/get-payment.query.js';
import { chargeOperationId, type ProviderView } from './payments.contract.js';
import { Needs } from '../../access/needs.decorator.js';
import { checkedBy } from '../../http/checked-by.js';

@DocumentedBy(async () => (await import('./payments.documentation.js')).payments)
@Controller('api/payments')
export class PaymentsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly providers: PaymentProviders,
    @Inject(CONFIG.payments) private readonly config: Config['payments'],
  ) {}

  @Needs('operations:read')
  @Get('provider')
  async provider(@CalledBy() { tenant }: Caller): Promise<ProviderView> {
    const { live, paymentMethods } = (await this.providers.findChosenFor(tenant)) ?? this.providers.chosen;
    const tokens = Object.entries(paymentMethods.examples).map(([token, summary]) => ({ token, summary }));
    return { name: this.config.provider, live, paymentMethods: tokens };
  }

  @Needs('operations:read')
  @Get(':chargeOperationId')
  async get(
    @Param('chargeOperationId', checkedBy(chargeOperationId)) id: string,
    @CalledBy() caller: Caller,
  ): Promise<PaymentView> {
    const ref = refOf(caller, id);
    // The ledger knows nothing of watch tokens.
    if (ref.generation !== undefined) await this.queries.execute(new GetOperation(ref));
    return this.queries.execute(new GetPayment(ref));
  }
}
