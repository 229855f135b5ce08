import type Stripe from 'stripe';

/** The body of an error, with the fields that the double sets (docs.stripe.com/api/errors). */
interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: Stripe.PaymentIntent.LastPaymentError.Code;
  decline_code?: string;
  param?: string;
  payment_intent?: Stripe.PaymentIntent;
}

/** Stripe's answer to a refused request. */
export class ErrorResponse extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
    this.name = 'ErrorResponse';
  }

  static of(status: number, message: string, more: Partial<ErrorBody> = {}): ErrorResponse {
    return new ErrorResponse(status, { type: 'invalid_request_error', message, ...more });
  }

  static unknownParameter(param: string): ErrorResponse {
    return ErrorResponse.of(400, `Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
  }

  static missingParameter(param: string): ErrorResponse {
    return ErrorResponse.of(400, `Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }

  static nothingCalled(what: string, id: string, param: string, status = 400): ErrorResponse {
    return ErrorResponse.of(status, `No such ${what}: '${id}'`, { code: 'resource_missing', param });
  }

  static unexpectedState(toDo: string, intent: Stripe.PaymentIntent): ErrorResponse {
    const message = `You cannot ${toDo} this PaymentIntent because it has a status of ${intent.status}.`;
    return ErrorResponse.of(400, message, { code: 'payment_intent_unexpected_state', payment_intent: intent });
  }

  /**
   * For behavior of Stripe that the double lacks: a status that Stripe does not use, so that no test takes it for
   * Stripe's answer.
   */
  static notPlayed(what: string): ErrorResponse {
    return new ErrorResponse(501, { type: 'api_error', message: `The Stripe double does not know ${what}.` });
  }
}
