import { Module } from '@nestjs/common';
import { KindsController } from './kinds.controller.js';
import { OperationsController } from './operations.controller.js';
import { StartTokensController } from './start-tokens.controller.js';

@Module({ controllers: [OperationsController, KindsController, StartTokensController] })
export class OperationsHttpModule {}
