import { Module } from '@nestjs/common';
import { KindsController } from './kinds.controller.js';
import { OperationAnswers } from './operation-answers.js';
import { OperationsController } from './operations.controller.js';
import { StartTokensController } from './start-tokens.controller.js';

@Module({
  controllers: [OperationsController, KindsController, StartTokensController],
  providers: [OperationAnswers],
})
export class OperationsHttpModule {}
