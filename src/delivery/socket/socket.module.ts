import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module.js';
import { OperationsGateway } from './operations.gateway.js';

@Module({ imports: [OperationsModule], providers: [OperationsGateway] })
export class SocketModule {}
