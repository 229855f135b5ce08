import { Controller, Get, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { operationId } from '../../operations/http/contracts.js';
import { GetPayment, type PaymentView } from '../queries/get-payment.query.js';
import { DescribeGetPayment } from './documentation.js';

@ApiTags('payments')
@Controller('api/payments')
export class PaymentsController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':chargeOperationId')
  @DescribeGetPayment()
  get(@Param('chargeOperationId', { schema: operationId }) id: string): Promise<PaymentView> {
    return this.queries.execute(new GetPayment(id));
  }
}
