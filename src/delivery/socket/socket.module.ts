import { Module } from '@nestjs/common';
import { OperationsGateway } from './operations.gateway.js';

@Module({ providers: [OperationsGateway] })
export class SocketModule {}
