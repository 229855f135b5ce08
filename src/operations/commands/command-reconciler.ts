import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Reconciliation, OperationReconciler } from '../kinds/operation-reconciler.js';
import { ReconcileOperation } from './reconcile-operation.command.js';

@Injectable()
export class CommandReconciler extends OperationReconciler {
  constructor(private readonly commands: CommandBus) {
    super();
  }

  override reconcile(operationId: string): Promise<Reconciliation> {
    return this.commands.execute(new ReconcileOperation(operationId));
  }
}
