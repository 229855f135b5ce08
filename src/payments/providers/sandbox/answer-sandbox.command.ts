import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type SandboxCharge, SandboxLedger } from './sandbox-ledger.js';
import { SandboxWebhooks } from './sandbox-webhooks.js';

/** The customer approves or refuses a charge of the sandbox; no-op if it does not wait for them. Returns the charge. */
export class AnswerSandbox extends Command<SandboxCharge | undefined> {
  constructor(
    readonly token: string,
    readonly isApproved: boolean,
  ) {
    super();
  }
}

@CommandHandler(AnswerSandbox)
export class AnswerSandboxHandler implements ICommandHandler<AnswerSandbox> {
  constructor(
    private readonly ledger: SandboxLedger,
    private readonly webhooks: SandboxWebhooks,
  ) {}

  async execute({ token, isApproved }: AnswerSandbox): Promise<SandboxCharge | undefined> {
    const answered = await this.ledger.answer(token, isApproved);
    if (answered) this.webhooks.sendLater(answered.reference, 0);
    return answered ?? this.ledger.find({ token });
  }
}
