import { Controller, Get, Inject, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { operationId } from '../../operations/http/contracts.js';
import { GetPayment, type PaymentView } from '../queries/get-payment.query.js';
import { DescribeGetPayment, DescribeGetProvider, type ProviderView } from './documentation.js';

@ApiTags('payments')
@Controller('api/payments')
export class PaymentsController {
  constructor(
    private readonly queries: QueryBus,
    @Inject(CONFIG) private readonly config: RunningConfig,
  ) {}

  @Get('provider')
  @DescribeGetProvider()
  provider(): ProviderView {
    const { PAYMENT_PROVIDER: name, STRIPE_SECRET_KEY: key } = this.config;
    return { name, live: name === 'stripe' && key?.includes('_live_') === true };
  }

  @Get(':chargeOperationId')
  @DescribeGetPayment()
  get(@Param('chargeOperationId', { schema: operationId }) id: string): Promise<PaymentView> {
    return this.queries.execute(new GetPayment(id));
  }
}
