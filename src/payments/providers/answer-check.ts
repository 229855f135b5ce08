import { z } from 'zod';
import type { Money } from './currencies.js';
import type { Inspection, ProviderLookUp, Succeeded, Unknown } from './payment-provider.js';

/** The money that a call was to move. */
export interface Asked extends Money {
  /** Of a charge: whether the money was to be taken, or only authorized. */
  capture?: boolean;
  /** The provider's reference of what was made, if an earlier answer contained it. */
  reference?: string | null;
}

const reference = z.string().regex(/^\P{C}{1,255}$/u, 'expected a name of 1 to 255 characters');
const amount = z.int('expected a whole number of the currency’s minor unit').min(0, 'expected no negative amount');
const nextAction = z.discriminatedUnion('type', [
  z.object({ type: z.literal('redirect'), url: z.url({ protocol: /^https?$/, error: 'expected an address' }) }),
  z.object({ type: z.literal('confirm'), clientData: z.record(z.string(), z.string()) }),
]);

/** What the port promises, and an adapter's types do not prove: a provider may answer anything. */
const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  succeeded: z.object({ reference, amount, currency: z.string().optional(), captured: z.boolean().optional() }),
  declined: z.object({ reference: reference.optional() }),
  action_required: z.object({ reference, nextAction }),
  pending: z.object({ reference }),
} satisfies Partial<Record<ProviderLookUp['type'], z.ZodType>>;

const STATE = z.object({
  reference,
  currency: z.string(),
  authorized: amount,
  captured: amount,
  movements: z.array(z.object({ reference, amount })),
});

/**
 * The answer of a provider, or, where a field is not as promised or the money not what was asked for, that the outcome
 * is unknown: a success of another amount ends nothing, and nothing of it is stored. An operator is told at once.
 */
export function understood<Answer extends ProviderLookUp>(answer: Answer, asked: Asked): Answer | Unknown {
  const problem = problemOf(ANSWERS[answer.type], answer);
  if (problem !== undefined) return doubtful('answer_malformed', `The provider’s answer is malformed: ${problem}.`);
  const named = 'reference' in answer ? answer.reference : undefined;
  if (named !== undefined && asked.reference && named !== asked.reference)
    return doubtful('reference_differs', `The provider answers of ${named}, and has called it ${asked.reference}.`);
  if (answer.type !== 'succeeded' || isAsAsked(answer, asked)) return answer;
  const { amount: found, currency = asked.currency, captured } = answer;
  const how = captured === false && asked.capture === true ? ', not captured' : '';
  return doubtful(
    'money_differs',
    `The provider says ${found} ${currency}${how}, and ${asked.amount} ${asked.currency} was asked for.`,
  );
}

/** As `understood`, of the state of the charge with this reference. */
export function understoodState(found: Inspection, charge: string): Inspection {
  if (found.type !== 'found') return found;
  const problem = problemOf(STATE, found) ?? (found.reference === charge ? undefined : `it is of ${found.reference}`);
  return problem === undefined ? found : { type: 'not_understood', reason: problem };
}

function isAsAsked({ amount: found, currency = '', captured }: Succeeded, asked: Asked): boolean {
  if (currency !== '' && currency !== asked.currency) return false;
  // What was only authorized may have been captured since, in the provider's dashboard, and in part.
  if (asked.capture === false && captured) return found > 0 && found <= asked.amount;
  return found === asked.amount && !(asked.capture && captured === false);
}

const doubtful = (reason: string, unexplained: string): Unknown => ({ type: 'unknown', reason, unexplained });

/** Names the field and what was expected; never what was found, which may be a secret. */
function problemOf(shape: z.ZodType | undefined, found: unknown): string | undefined {
  const [issue] = shape?.safeParse(found).error?.issues ?? [];
  return issue && `${issue.path.join('.') || 'it'}: ${issue.message}`;
}
