import { ErrorResponse } from './error-response.js';

export interface Answer {
  status: number;
  body: unknown;
}

interface Kept {
  said: string;
  answer?: Answer;
}

/** The first answer under each idempotency key, including errors and 500s (docs.stripe.com/api/idempotent_requests). */
export class KeptAnswers {
  private readonly kept = new Map<string, Kept>();

  /** @throws ErrorResponse if the key is in use, or was sent with other parameters */
  find(key: string, said: string): Answer | undefined {
    const kept = this.kept.get(key);
    if (!kept) return undefined;
    if (kept.said !== said) {
      const message =
        'Keys for idempotent requests can only be used with the same parameters they were first used with. Try ' +
        `using a key other than '${key}' if you meant to execute a different request.`;
      throw ErrorResponse.of(400, message, { type: 'idempotency_error' });
    }
    if (!kept.answer)
      throw ErrorResponse.of(409, 'There is another request in progress under this key.', {
        code: 'idempotency_key_in_use',
      });
    return kept.answer;
  }

  begin(key: string, said: string): void {
    this.kept.set(key, { said });
  }

  keep(key: string, answer: Answer): void {
    const kept = this.kept.get(key);
    if (kept) kept.answer = answer;
  }

  /** Drops the keys, as Stripe may after a day. */
  forget(): void {
    this.kept.clear();
  }
}
