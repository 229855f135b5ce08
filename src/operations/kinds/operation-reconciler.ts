/**
 * `reconciled`: done. `not_yet`: a worker has claimed it, or the provider cannot tell now; ask again later. `unknown`:
 * there is no such operation.
 */
export type Reconciliation = 'reconciled' | 'not_yet' | 'unknown';

/**
 * A kind reports here that one of its operations has changed at the provider. The service looks it up soon, whatever
 * its status.
 */
export abstract class OperationReconciler {
  abstract reconcile(operationId: string): Promise<Reconciliation>;
}
