import type { Operation } from '../../src/operations/domain/operation.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import type { Service } from './service.js';
import { ofOnlyTenant } from './only-tenant.js';

/**
 * An operation that the test advances step by step in place of a worker: for a service without one (`ROLES: 'api'`).
 */
export class DrivenOperation {
  private constructor(
    private readonly repository: OperationRepository,
    private readonly operation: Operation,
  ) {}

  /** At version 1, `pending`. */
  static async start(service: Service): Promise<DrivenOperation> {
    return DrivenOperation.of(service, (await service.charge()).id);
  }

  static async of(service: Service, id: string): Promise<DrivenOperation> {
    const repository = service.outcome.app.get(OperationRepository, { strict: false });
    return new DrivenOperation(repository, await repository.get(ofOnlyTenant(id)));
  }

  /** Ended at version 3. */
  static async ended(service: Service): Promise<DrivenOperation> {
    const driven = await DrivenOperation.start(service);
    await driven.progress();
    await driven.succeed();
    return driven;
  }

  get id(): string {
    return this.operation.id;
  }

  get version(): number {
    return this.operation.current.version;
  }

  /** Takes the operation one version further. */
  async progress(): Promise<void> {
    const { status, version } = this.operation.current;
    if (status === 'pending') this.operation.beginAttempt(new Date());
    else this.operation.reportProgress({ percent: Math.min(version, 100), message: null }, new Date());
    await this.repository.save(this.operation);
  }

  async askCustomer(): Promise<void> {
    this.operation.requireAction({ type: 'redirect', url: `https://bank.example/${this.version}` }, null, new Date());
    await this.repository.save(this.operation);
  }

  /** Resumes it as if the customer had acted. */
  async resume(): Promise<void> {
    this.operation.resume(new Date());
    await this.repository.save(this.operation);
  }

  async succeed(): Promise<void> {
    this.operation.succeed({}, new Date());
    await this.repository.save(this.operation);
  }

  /** The versions that a follower must receive after it has seen `afterVersion`. */
  versionsAfter(afterVersion: number): number[] {
    return versionsFrom(afterVersion + 1, this.version);
  }
}

export const versionsFrom = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
