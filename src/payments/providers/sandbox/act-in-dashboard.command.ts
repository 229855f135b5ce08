import { randomUUID } from 'node:crypto';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PaymentNotFound } from '../provider-errors.js';
import { type SandboxCharge, type SandboxMovement, SandboxLedger } from './sandbox-ledger.js';
import { SandboxWebhooks } from './sandbox-webhooks.js';

export const DASHBOARD_ACTS = ['capture', 'void', 'refund', 'dispute', 'win_dispute'] as const;
export type DashboardAct = (typeof DASHBOARD_ACTS)[number];

/** Without an amount: everything left. */
export interface DashboardRequest {
  /** The sandbox's reference of the charge. */
  charge: string;
  act: DashboardAct;
  amount?: number | undefined;
}

/**
 * Moves a charge's money as the provider's dashboard or the cardholder's bank does, without a call of ours. The sandbox
 * sends a webhook if any money moved.
 * @returns the movement, possibly declined; undefined if nothing is left to move. @throws PaymentNotFound
 */
export class ActInDashboard extends Command<SandboxMovement | undefined> {
  constructor(readonly request: DashboardRequest) {
    super();
  }
}

@CommandHandler(ActInDashboard)
export class ActInDashboardHandler implements ICommandHandler<ActInDashboard> {
  constructor(
    private readonly ledger: SandboxLedger,
    private readonly webhooks: SandboxWebhooks,
  ) {}

  async execute({ request }: ActInDashboard): Promise<SandboxMovement | undefined> {
    const { hasMoved, movement } = await actInDashboard(this.ledger, request);
    if (hasMoved) this.webhooks.sendLater(request.charge, 0);
    return movement;
  }
}

export async function actInDashboard(
  ledger: SandboxLedger,
  { charge, act, amount }: DashboardRequest,
): Promise<{ hasMoved: boolean; movement?: SandboxMovement | undefined }> {
  if (act === 'win_dispute') return { hasMoved: await ledger.winDisputes(charge) };
  const entry = await ledger.find({ reference: charge });
  if (!entry) throw PaymentNotFound.because(`The sandbox has no charge ${charge}.`);
  const movement = await ledger.move({
    charge,
    type: act,
    amount: amount ?? leftTo(act, entry),
    idempotencyKey: `dashboard:${randomUUID()}`,
  });
  return { hasMoved: movement?.declineCode === null, movement };
}

function leftTo(act: SandboxMovement['type'], { amount, captured, refunded, disputed }: SandboxCharge): number {
  if (act === 'refund') return captured - refunded - disputed;
  return act === 'dispute' ? captured - disputed : amount;
}
