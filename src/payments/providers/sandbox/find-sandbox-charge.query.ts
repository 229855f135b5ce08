import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type SandboxCharge, SandboxLedger } from './sandbox-ledger.js';

/** The sandbox charge of a page's token. */
export class FindSandboxCharge extends Query<SandboxCharge | undefined> {
  constructor(readonly token: string) {
    super();
  }
}

@QueryHandler(FindSandboxCharge)
export class FindSandboxChargeHandler implements IQueryHandler<FindSandboxCharge> {
  constructor(private readonly ledger: SandboxLedger) {}

  execute({ token }: FindSandboxCharge): Promise<SandboxCharge | undefined> {
    return this.ledger.find({ token });
  }
}
