import type { Operation, OperationEvent, OperationInspection, Status } from '@outcome/client';

type Ending = 'paid' | 'declined' | 'checking' | 'approve' | 'canceled' | 'expired' | 'working' | 'ready' | 'starting';

/** All texts of the pages. */
export const strings = {
  product: 'Outcome',
  nav: { label: 'Pages', checkout: 'Checkout', operations: 'Operations', webhooks: 'Webhooks', docs: 'API' },
  theme: { label: 'Theme', light: 'Light', dark: 'Dark', system: 'System' },
  skip: 'Skip to the content',
  loading: 'Loading…',

  access: {
    asking: 'No connection to the service. Trying again…',
    title: 'Sign in',
    lead: 'This service lets in only who has credentials. They stay in the memory of this tab: a reload forgets them.',
    label: (accepts: readonly string[]) =>
      accepts.length > 1 ? 'API key or token' : accepts.includes('jwt') ? 'Token' : 'API key',
    hint: (accepts: readonly string[]) =>
      [
        ...(accepts.includes('keys') ? ['A key begins with oc_live_ or oc_test_.'] : []),
        ...(accepts.includes('jwt') ? ['A token is a JWT of your identity provider.'] : []),
      ].join(' '),
    show: 'Show',
    signIn: 'Sign in',
    signingIn: 'Signing in…',
    signedInAs: 'Signed in as',
    signOut: 'Sign out',
    signedOut: 'Nobody is signed in.',
    malformed: 'This is neither a key nor a token: both are letters, digits and a few signs, without spaces.',
    invalid: 'This is not valid here. It may be mistyped, revoked, or of another service.',
    expired: 'This was valid, and has ended. Get a new one.',
    unreachable: 'No connection to the service. Try again.',
    isRevoked: 'Your credentials are no longer valid: they may have been revoked. Sign in again to go on here.',
    hasExpired: 'Your credentials have ended. Sign in again to go on where you were.',
    tooMany: (seconds: number) =>
      `Too many requests. ${seconds > 0 ? `Possible again in ${seconds}\u00a0s.` : 'Possible again in a moment.'}`,
    notAllowed: (detail: string) => `Not allowed. ${detail}`,
    needs: (scope: string) => `Your credentials do not allow this. It needs the scope ${scope}.`,
  },

  checkout: {
    title: 'Checkout',
    lead:
      'A payment that the page cannot wait for. Reload, press twice, cut the network: it is paid once, and you ' +
      'learn how it ended.',
    cart: 'Your order',
    order: (id: string) => `Order ${id}`,
    total: 'Total',
    methods: 'Pay with',
    methodsNotes: {
      unknown: '\u00a0',
      sandbox: 'Scripted cards of the sandbox. No money moves.',
      test: (provider: string) => `${provider}’s test cards, in its test mode.`,
      live: (provider: string) => `${provider} takes real money here, and refuses these test cards.`,
    },
    pay: (amount: string) => `Pay ${amount}`,
    paying: 'Paying…',
    paid: 'Paid',
    cancel: 'Cancel it',
    canceling: 'Asked to cancel it',
    newOrder: 'New order',
    dismiss: 'Dismiss',
    status: 'Payment',
    reference: 'Reference',
    approve: 'Continue to your bank',
    confirm: 'Approve',
    refuse: 'Refuse',
  },

  /**
   * The methods of src/payments/providers/sandbox/payment-methods.ts in a customer's words; a test compares the two.
   */
  methods: {
    pm_card_visa: ['Visa', 'is paid'],
    pm_card_authenticationRequired: ['Visa, 3-D Secure', 'the bank asks you on its page'],
    pm_card_visa_chargeDeclined: ['Visa, declined', 'the bank says no'],
    pm_card_visa_chargeDeclinedInsufficientFunds: ['Visa, empty', 'declined: insufficient funds'],
    pm_card_chargeDeclinedExpiredCard: ['Old card', 'declined: it has expired'],
    pm_card_chargeDeclinedIncorrectCvc: ['Card, wrong code', 'declined: security code'],
    pm_card_chargeDeclinedProcessingError: ['Card, bank trouble', 'declined: could not be processed'],
    pm_sandbox_confirm: ['Card, in-page check', 'you confirm here'],
    pm_sandbox_slow: ['Slow bank', 'is paid, after five seconds'],
    pm_sandbox_pending: ['Bank debit', 'is paid, after three seconds'],
    pm_sandbox_unavailable_twice: ['Busy bank', 'is paid at the third try'],
    pm_sandbox_unavailable: ['Unreachable bank', 'fails after the last try, some 15\u00a0s'],
    pm_sandbox_charged_answer_lost: ['Lost answer, paid', 'looked up, and found paid'],
    pm_sandbox_not_charged_answer_lost: ['Lost answer, not paid', 'looked up, and found not charged'],
    pm_sandbox_lost_request: ['Lost request', 'looked up, and sent again'],
    pm_sandbox_canceled_yet_charged: ['Stubborn bank', 'cancel it: taken, and given back'],
    pm_sandbox_refund_fails: ['Visa, no refunds', 'is paid; refunds are declined'],
  } satisfies Record<string, readonly [name: string, note: string]>,

  /** The items in the cart. */
  items: {
    pourOver: ['Ceramic pour-over set', 'Stoneware, two cups'],
    beans: ['Ethiopia Guji, 250 g', 'Whole beans, washed'],
    delivery: ['Delivery', 'Two working days'],
  } as const,

  endings: {
    ready: ['Ready when you are', 'Nothing is charged before you press Pay.'],
    starting: [
      'Sending your payment',
      'If the connection fails, it is sent again under the same key: you cannot pay twice.',
    ],
    working: [
      'Payment in progress',
      'You may close or reload this page. It goes on, and you will see the result here.',
    ],
    checking: [
      'Checking with the bank',
      'The bank’s answer is not there yet. We are finding out what happened; nothing is lost, and there is no ' +
        'need to try again.',
    ],
    approve: [
      'Your bank wants you to approve',
      'Nothing is charged before you do; this page goes on by itself when you are done.',
    ],
    paid: ['Paid. Thank you', 'A receipt would be on its way to you now.'],
    declined: ['Not paid', 'Nothing was charged. You can try another payment method.'],
    canceled: ['Canceled', 'Nothing was charged.'],
    expired: ['Timed out', 'It was not begun in time. Nothing was charged.'],
  } satisfies Record<Ending, [title: string, text: string]>,

  /** Reversals of money taken after the payment had ended otherwise. */
  reversals: {
    'under way': 'The bank took the money all the same, too late. It is being given back; you need do nothing.',
    done: 'The bank took the money all the same, too late. It has been given back in full.',
    failed:
      'The bank took the money all the same, too late. Giving it back has not worked yet: a person is looking ' +
      'after it.',
  },

  /** Failure codes in a customer's words; any other code has a general text. */
  failures: {
    card_declined: 'The bank declined the card without a reason. Another card may work, or a call to the bank.',
    insufficient_funds: 'The card has not enough funds.',
    expired_card: 'The card has expired.',
    incorrect_cvc: 'The security code was wrong.',
    processing_error: 'The bank could not process it just now. Trying again may work.',
    authentication_failed: 'You did not approve it at your bank.',
    authentication_required: 'Your bank wants to ask you first.',
    payment_method_unknown: 'This payment method is not known.',
    provider_unavailable: 'The payment service could not be reached. Please try again in a while.',
  } as Record<string, string>,

  connection: {
    lost: 'Connection lost. The payment goes on without it; this page catches up as soon as it can.',
    underway: 'Another payment for this order is under way.',
    failed: (message: string) => `Could not be sent: ${message}`,
  },

  hood: {
    title: 'Under the hood',
    lead: 'The same operation, as each way of following it sees it.',
    none: 'Press Pay to see what happens.',
    timeline: 'What happened',
    known: 'Who knew when',
    knownNote:
      'Colour is the status that each had last received; times are by the clocks of the service and of this page.',
    way: 'Way',
    requests: 'Requests',
    late: 'Ending known after',
    ways: { service: 'In the database', push: 'Push (Socket.IO)', wait: 'Long poll', article: 'Every 5 s' },
    notYet: '–',
    network: 'Network of this page',
    online: 'Connected',
    cut: 'Cut',
    messages: 'Messages',
    messagesNote: 'Of this page’s client, the newest first.',
    noMessages: 'None yet.',
    clear: 'Clear',
    via: { socket: 'by push', sse: 'by server-sent events', wait: 'by long poll', poll: 'by polling' },
    viaNone: 'no connection',
    sent: 'sent',
    received: 'received',
    plot: (way: string, texts: string) => `${way}: ${texts}`,
    receivedAt: (status: string, seconds: string) => `${status} after ${seconds}`,
  },

  operations: {
    title: 'Operations',
    lead: 'What was started, newest first. The list lives.',
    filter: 'Filter',
    status: 'Status',
    kind: 'Kind',
    all: 'All',
    unfinished: 'Not ended',
    attention: 'Needs a person',
    search: 'Find by id',
    searchHint: 'The whole id, as the log and the customer’s page show it',
    find: 'Open',
    badId: 'Expected the id of an operation, such as 01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70.',
    more: 'Show older ones',
    empty: 'Nothing here yet.',
    countdown: 'Start a countdown',
    columns: { operation: 'Operation', status: 'Status', started: 'Started', took: 'Took' },
    now: 'Now',
    rate: 'Ended a second',
    took: 'From start to end',
    seconds: (minutes: number) => `the last ${minutes} minutes`,
    plotEmpty: 'Nothing has ended in the last minutes.',
    series: {
      success: 'success',
      failed: 'failed',
      other: 'canceled or expired',
      p50: 'half below (p50)',
      p99: '99 % below (p99)',
    },
    back: 'All operations',
    cancel: 'Cancel it',
    input: 'Input',
    result: 'Result',
    failure: 'Failure',
    nextAction: 'What the customer must do',
    history: 'History',
    facts: 'Facts',
    attempts: 'Attempts',
    lookUps: 'Looked up',
    waitsFor: 'Waits for',
    nextAttempt: 'Next attempt',
    cancelRequested: 'Asked to cancel',
    attentionFrom: 'Needs a person from',
    version: 'Version',
    id: 'Id',
    request: 'Request',
    created: 'Started',
    finished: 'Ended',
    expires: 'Expires',
    notFound: 'There is no such operation.',
    unreachable: 'No connection to the service. Trying again…',
    progress: 'Progress',
  },

  webhooks: {
    title: 'Webhooks',
    lead: 'The servers that receive what happens, by signed requests.',
    url: 'Send events to',
    create: 'Create endpoint',
    secret: 'The secret, for verifying. It is shown this once: store it where the receiver finds it.',
    empty: 'No endpoint yet.',
    all: 'All',
    columns: { endpoint: 'Endpoint', status: 'Status', events: 'Events', created: 'Created' },
    states: {
      enabled: 'Enabled',
      retrying: 'Failing',
      by_request: 'Disabled',
      gone: 'Disabled: gone',
      failing: 'Disabled: failed for days',
    },
    back: 'All webhooks',
    failingSince: (when: string) => `failing since ${when}`,
    test: 'Send a test',
    enable: 'Enable',
    disable: 'Disable',
    rotate: 'Replace the secret',
    delete: 'Delete',
    sure: 'Delete this endpoint, and what waits for it?',
    deliveries: 'Deliveries',
    noDeliveries: 'Nothing was sent yet.',
    deliveryStates: { pending: 'Waiting', delivered: 'Delivered', given_up: 'Given up' },
    resend: 'Send again',
    nextAttempt: (when: string) => `Next attempt: ${when}`,
    attempts: (count: number) => `Request and ${count === 1 ? 'one attempt' : `${count} attempts`}`,
    noAnswer: 'no answer.',
  },

  statuses: {
    pending: 'Waiting',
    processing: 'In progress',
    requires_action: 'Customer must act',
    reconciling: 'Being looked up',
    success: 'Success',
    failed: 'Failed',
    canceled: 'Canceled',
    expired: 'Expired',
  } satisfies Record<Status, string>,

  events: {
    'operation.started': 'Accepted and stored',
    'operation.processing': 'A worker took it up',
    'operation.progressed': 'Progress',
    'operation.retrying': 'Could not reach the provider; tries again',
    'operation.action_required': 'The customer must act',
    'operation.reconciling': 'The answer is not known; it is looked up',
    'operation.succeeded': 'Ended well',
    'operation.failed': 'Ended badly',
    'operation.canceled': 'Canceled',
    'operation.expired': 'Expired',
    'operation.answered_late': 'A late answer was recorded',
    'operation.reviewed': 'Reviewed by an operator',
  } satisfies Record<OperationEvent['type'], string>,

  waitsFor: {
    nothing: 'nothing',
    worker: 'a worker to take it up',
    answer: 'the work that is under way',
    retry: 'its next try',
    look_up: 'the next look-up',
    customer: 'the customer',
  } satisfies Record<OperationInspection['waitsFor'], string>,
};

/** The state of a payment in the customer's terms. */
export function endingOf(operation: Operation | undefined): keyof typeof strings.endings {
  switch (operation?.status) {
    case undefined:
      return 'ready';
    case 'pending':
    case 'processing':
      return 'working';
    case 'reconciling':
      return 'checking';
    case 'requires_action':
      return 'approve';
    case 'success':
      return 'paid';
    case 'failed':
      return 'declined';
    case 'canceled':
      return 'canceled';
    case 'expired':
      return 'expired';
  }
}
