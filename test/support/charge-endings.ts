/** The status in which a charge must end, whatever happens to the processes that run it, by payment method. */
export const CHARGE_ENDINGS = {
  pm_card_visa: 'success',
  pm_card_visa_chargeDeclined: 'failed',
  pm_sandbox_charged_answer_lost: 'success',
  pm_sandbox_not_charged_answer_lost: 'failed',
  pm_sandbox_unavailable_twice: 'success',
} as const;

type Method = keyof typeof CHARGE_ENDINGS;

const METHODS = Object.keys(CHARGE_ENDINGS) as Method[];

/** Takes them in turn. */
export const methodOf = (number: number): Method => METHODS[number % METHODS.length] ?? 'pm_card_visa';
