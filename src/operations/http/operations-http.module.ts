import { Module } from '@nestjs/common';
import { KindsController } from './kinds.controller.js';
import { OperationsController } from './operations.controller.js';

@Module({ controllers: [OperationsController, KindsController] })
export class OperationsHttpModule {}
