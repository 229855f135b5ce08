/**
 * `reconciled`: it is seen to. `busy`: a worker is at it now, or what is true cannot be found out now; come again.
 * `unknown`: there is no such operation.
 */
export type Reconciliation = 'reconciled' | 'busy' | 'unknown';

/**
 * Where a kind says that something has happened elsewhere to an operation of its: it is looked up soon, whatever it has
 * come to.
 */
export abstract class OperationReconciler {
  abstract reconcile(operationId: string): Promise<Reconciliation>;
}
