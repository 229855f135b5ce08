/**
 * @typedef {import('@outcome/client').Operation} Operation
 * @typedef {import('@outcome/client').OperationEvent} Event
 */

/** An operation of the demo, and its scripted ending. */
export class Life {
  /** @type {Event[]} */
  events = [];
  /** @type {string | null} */
  problem = null;

  /**
   * @param {string} label @param {string} kind @param {Record<string, unknown>} input @param {string} ends @param
   * {string} through
   */
  constructor(label, kind, input, ends, through) {
    this.label = label;
    this.kind = kind;
    this.input = input;
    this.ends = ends;
    this.through = through;
  }

  /** @returns {Operation | undefined} */
  get operation() {
    return this.events.at(-1)?.operation;
  }

  /** The deviation from the script, if any. @returns {string | null} */
  get complaint() {
    if (this.problem) return this.problem;
    if (!this.operation?.done) return `was to end as ${this.ends}, and has not ended`;
    if (this.operation.status !== this.ends) return `was to end as ${this.ends}, and ended as ${this.operation.status}`;
    const passed = this.events.some(({ type }) => type === `operation.${this.through}`);
    return passed ? null : `was to pass through operation.${this.through}, and did not`;
  }

  /** Seconds from its start to its end. @returns {string} */
  get took() {
    const { createdAt, finishedAt } = this.operation ?? {};
    return createdAt && finishedAt ? `${((Date.parse(finishedAt) - Date.parse(createdAt)) / 1000).toFixed(3)} s` : '-';
  }
}

/** @type {(label: string, paymentMethod: string, ends: string, through?: string) => Life} */
const charge = (label, paymentMethod, ends, through = 'processing') =>
  new Life(label, 'payment.charge', { amount: 4200, currency: 'EUR', paymentMethod }, ends, through);

/** One per script. */
export const LIVES = [
  charge('paid', 'pm_card_visa', 'success'),
  charge('paid slowly', 'pm_sandbox_slow', 'success'),
  charge('declined', 'pm_card_visa_chargeDeclined', 'failed'),
  charge('insufficient funds', 'pm_card_visa_chargeDeclinedInsufficientFunds', 'failed'),
  charge('expired card', 'pm_card_chargeDeclinedExpiredCard', 'failed'),
  charge('incorrect CVC', 'pm_card_chargeDeclinedIncorrectCvc', 'failed'),
  charge('processing error', 'pm_card_chargeDeclinedProcessingError', 'failed'),
  charge('unavailable twice', 'pm_sandbox_unavailable_twice', 'success', 'retrying'),
  charge('unavailable', 'pm_sandbox_unavailable', 'failed', 'retrying'),
  charge('charged, answer lost', 'pm_sandbox_charged_answer_lost', 'success', 'reconciling'),
  charge('not charged, answer lost', 'pm_sandbox_not_charged_answer_lost', 'failed', 'reconciling'),
  charge('pending at the bank', 'pm_sandbox_pending', 'success', 'reconciling'),
  charge('request lost', 'pm_sandbox_lost_request', 'success', 'retrying'),
  new Life('countdown', 'demo.countdown', { seconds: 5 }, 'success', 'progressed'),
];
