import type {
  CancelRequest,
  Inspection,
  ProviderAnswer,
  ProviderLookUp,
} from '../../src/payments/providers/payment-provider.js';
import { KestrelProvider, type Reply } from '../support/made-up-provider/kestrel.provider.js';
import type { Charge, Move } from '../support/made-up-provider/kestrel-mapping.js';
import { KESTREL_METHODS, startKestrel } from './kestrel-under-test.js';
import { cancelCases } from './provider-cancel.js';
import { faultCases } from './provider-faults.js';
import type { ContractCase } from './provider-under-test.js';

/** True if no HTTP status arrived, whatever the body. */
const isLost = ({ status }: Reply) => status === undefined;

class ErrorIsNeverArrived extends KestrelProvider {
  protected override failedLookUp(reply: Reply): ProviderLookUp {
    return isLost(reply) ? super.failedLookUp(reply) : { type: 'never_arrived' };
  }
}

class LostIsNeverArrived extends KestrelProvider {
  protected override failedLookUp(reply: Reply): ProviderLookUp {
    return isLost(reply) ? { type: 'never_arrived' } : super.failedLookUp(reply);
  }
}

class ErrorIsADecline extends KestrelProvider {
  protected override failedCall(reply: Reply): ProviderAnswer {
    return reply.status === 500
      ? { type: 'declined', code: 'processing_error', providerCode: null }
      : super.failedCall(reply);
  }
}

class StrangeIsSuccess extends KestrelProvider {
  protected override chargeAnswer(found: Charge): ProviderAnswer {
    const answer = super.chargeAnswer(found);
    return answer.type === 'unknown'
      ? { type: 'succeeded', reference: found.code, amount: found.minor, captured: true }
      : answer;
  }

  protected override moveAnswer(found: Move): ProviderAnswer {
    const answer = super.moveAnswer(found);
    return answer.type === 'unknown' ? { type: 'succeeded', reference: found.code, amount: found.minor } : answer;
  }
}

class CancelLetsLateChargesIn extends KestrelProvider {
  override async cancel(request: CancelRequest): Promise<ProviderAnswer> {
    const found = await this.lookUp({
      call: 'charge',
      idempotencyKey: request.chargeKey,
      charge: null,
      sentAt: request.sentAt,
    });
    return found.type === 'never_arrived' ? { type: 'succeeded', reference: 'none', amount: 0 } : super.cancel(request);
  }
}

class LostCancelHasCanceled extends KestrelProvider {
  override async cancel(request: CancelRequest): Promise<ProviderAnswer> {
    const answer = await super.cancel(request);
    return answer.type === 'unknown' ? { type: 'succeeded', reference: 'none', amount: 0 } : answer;
  }
}

class ErrorIsNotFound extends KestrelProvider {
  protected override failedInspection(): Inspection {
    return { type: 'not_found' };
  }
}

/** Mistakes made in real providers, each of which moves money twice or loses it. */
const MISTAKES: Record<string, { Mistaken: typeof KestrelProvider; caught: RegExp }> = {
  'a look-up that gets an HTTP error says that the call never arrived': {
    Mistaken: ErrorIsNeverArrived,
    caught: /^look-up of .*, (error_500|empty) /,
  },
  'a look-up whose answer is lost says that the call never arrived': {
    Mistaken: LostIsNeverArrived,
    caught: /^look-up of .*, (cut|garbage) /,
  },
  'an error after sending is a decline': {
    Mistaken: ErrorIsADecline,
    caught: /^(charge|capture|void|refund|cancel), error_500 |^cannot tell .*, error_500 /,
  },
  'an unknown status is success': {
    Mistaken: StrangeIsSuccess,
    caught: /^(charge|capture|void|refund|look-up of a .*), strange_status /,
  },
  'a cancel does not stop a late charge': {
    Mistaken: CancelLetsLateChargesIn,
    caught: /^has canceled what never arrived|^cannot tell /,
  },
  'a cancel whose answer is lost has canceled': {
    Mistaken: LostCancelHasCanceled,
    caught: /^cancel, |^cannot tell /,
  },
  'an inspection that fails has found nothing': {
    Mistaken: ErrorIsNotFound,
    caught: /^inspection.*, (cut|error_500|garbage|empty) /,
  },
};

/** Without the cases that depend on the order of two calls. */
const CASES = [...cancelCases(KESTREL_METHODS), ...faultCases(KESTREL_METHODS)].filter(
  ({ title }) => !title.includes('at the same instant'),
);

/** Whether the case catches the mistake. Only a matcher's error counts; any other would be a bug of the case. */
async function cameOf({ run }: ContractCase, Mistaken: typeof KestrelProvider): Promise<string> {
  const under = await startKestrel(Mistaken)();
  try {
    await run(under, KESTREL_METHODS);
    return 'passes';
  } catch (error) {
    return typeof error === 'object' && error !== null && 'matcherResult' in error ? 'fails' : String(error);
  } finally {
    await under.stop();
  }
}

test.each(Object.entries(MISTAKES))('the contract catches a provider if %s', async (_, { Mistaken, caught }) => {
  expect(CASES.filter(({ title }) => caught.test(title)).length).toBeGreaterThanOrEqual(3);
  for (const contractCase of CASES) {
    const { title } = contractCase;
    expect({ title, came: await cameOf(contractCase, Mistaken) }).toEqual({
      title,
      came: caught.test(title) ? 'fails' : 'passes',
    });
  }
});
