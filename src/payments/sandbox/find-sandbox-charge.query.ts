import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type LedgerEntry, SandboxLedger } from './sandbox-ledger.js';

/** The charge of the sandbox that a page is about. */
export class FindSandboxCharge extends Query<LedgerEntry | undefined> {
  constructor(readonly token: string) {
    super();
  }
}

@QueryHandler(FindSandboxCharge)
export class FindSandboxChargeHandler implements IQueryHandler<FindSandboxCharge> {
  constructor(private readonly ledger: SandboxLedger) {}

  execute({ token }: FindSandboxCharge): Promise<LedgerEntry | undefined> {
    return this.ledger.find({ token });
  }
}
