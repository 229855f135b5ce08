import { DiscoveryService } from '@nestjs/core';
import type { z } from 'zod';
import type { Scope } from '../../access/scopes.js';
import type { Companion } from '../../database/companion.js';
import type { Json, Progress } from '../domain/operation-events.js';
import type { LookUp, Outcome, Cancellation } from './outcome.js';

type FieldOf<Shape extends z.ZodObject> = keyof z.output<Shape> & string;

/** The description of a kind; validation, types and OpenAPI are derived from it. */
export interface KindDescription<Input extends z.ZodObject = z.ZodObject, Result extends z.ZodObject = z.ZodObject> {
  /** `noun.verb`, as on the wire. */
  name: string;
  summary: string;
  input: Input;
  result: Result;
  /**
   * The time limit of one attempt, in milliseconds. After it the attempt is abandoned, and looked up if the kind can.
   */
  timeLimitMs: number;
  /** In seconds: when it expires if it has not taken effect, unless the client says otherwise. Absent: never. */
  expiresIn?: number;
  /** Most attempts while the obstacle may pass; default RETRY_ATTEMPTS. */
  mostAttempts?: number;
  /** What a caller needs to start it, beside `operations:start`. */
  needs?: Scope;
  /** Only the service itself starts it. */
  internal?: true;
  /**
   * Fields of the input and result that say nothing of a person and stay when the operation is stripped. A look-up of
   * an ended operation may find these alone.
   */
  keeps?: { input?: readonly FieldOf<Input>[]; result?: readonly FieldOf<Result>[] };
  /** A failure leaves something undone that needs an operator's attention. */
  failureNeedsAttention?: true;
  /** Valid inputs by a short title. */
  examples: Record<string, { summary: string; input: z.input<Input> }>;
}

/** What an attempt receives. */
export interface Execution<Input, Opening = unknown> {
  operationId: string;
  /** Whose operation it is. */
  tenant: string;
  /** 1 for the first attempt. */
  attempt: number;
  /** Grows with each claim; a write under an older fence is refused. */
  fence: number;
  input: Input;
  /** The row that the claim of this attempt has stored; undefined if the kind has none, or for a later attempt. */
  opening?: Opening | undefined;
  /**
   * Aborted when the operation is canceled, the process shuts down or the time is up. If the work has had no effect
   * yet, stop and throw its reason (`signal.throwIfAborted()`); otherwise finish the work.
   */
  signal: AbortSignal;
  /** Publishes the progress to all followers of the operation. */
  progress: (progress: Progress) => Promise<void>;
}

/** An operation before its first attempt. */
export type FirstAttempt<Input> = Pick<Execution<Input>, 'operationId' | 'tenant' | 'input'>;

/** What a look-up receives. */
export type Inquiry<Input> = Pick<Execution<Input>, 'operationId' | 'tenant' | 'input' | 'signal'>;

/** An operator's statement that the operation succeeded, with this result. */
export type Resolution<Input, Result> = Pick<Execution<Input>, 'operationId' | 'tenant' | 'input'> & { result: Result };

/** `unverified`: it may be true, but the provider could not be asked. */
export type Verification = { type: 'verified' } | { type: 'unverified'; reason: string };

/** `unexplained`: differences that need attention, a sentence each. `unknown`: comparison is not possible now. */
export type Reconciliation = { type: 'compared'; unexplained: readonly string[] } | { type: 'unknown'; reason: string };

/**
 * A kind of operation: one class, decorated with @Kind. An attempt may run again after a crash, or while an abandoned
 * one still runs: send its effects under an idempotency key derived from the operation's id.
 */
export interface OperationKind<
  Input extends z.ZodObject = z.ZodObject,
  Result extends z.ZodObject = z.ZodObject,
  Opening = unknown,
> {
  execute(execution: Execution<z.output<Input>, Opening>): Promise<Outcome<z.output<Result> & Json>>;

  /**
   * The row that must be stored before the first attempt calls anybody, such as that of a payment; stored with the
   * claim. `execute` receives it, but must do without it: another process may have claimed the operation without it.
   */
  opening?(attempt: FirstAttempt<z.output<Input>>, now: Date): Promise<Companion<Opening> | undefined>;

  /**
   * Finds out how an attempt with an unknown outcome ended, or whether the customer has acted. Must change nothing at
   * the provider. A kind without it may only have effects that can be repeated.
   */
  lookUp?(inquiry: Inquiry<z.output<Input>>): Promise<LookUp<z.output<Result> & Json>>;

  /** Cancels an operation that waits for the customer, including at the provider. Requires `lookUp`. */
  cancel?(inquiry: Inquiry<z.output<Input>>): Promise<Cancellation<z.output<Result> & Json>>;

  /**
   * What clients may start now, if that depends on the configuration: narrower than the stored input; `admit` enforces
   * it.
   */
  offer?(): Pick<KindDescription<Input, Result>, 'input' | 'examples'>;

  /** Checks beyond the input's shape whether the tenant may start the operation. @throws DomainError */
  admit?(input: z.output<Input>, tenant: string): Promise<void>;

  /**
   * How much money a resolution decides on, in the minor unit; Infinity if that cannot be said. A kind without it moves
   * none.
   */
  stake?(input: z.output<Input>): number;

  /** Verifies an operator's resolution beyond its shape, also with the provider. @throws DomainError if it is wrong */
  checkResolution?(resolution: Resolution<z.output<Input>, z.output<Result>>): Promise<Verification>;

  /** Stores what a successful attempt would have stored, after an operator resolved the operation as a success. */
  resolved?(resolution: Resolution<z.output<Input>, z.output<Result>>): Promise<void>;

  /** Compares the records of an ended operation with the provider, and stores what has happened there since. */
  reconcile?(inquiry: Inquiry<z.output<Input>>): Promise<Reconciliation>;

  /** The operation that compensates an effect found after the operation has ended otherwise. */
  compensation?(operationId: string): { kind: string; input: Json };
}

export const KindMetadata = DiscoveryService.createDecorator<KindDescription>();

/** Registers the class as a kind of operation, and checks the class against the description. */
export function Kind<Input extends z.ZodObject, Result extends z.ZodObject>(
  description: KindDescription<Input, Result>,
) {
  const mark = KindMetadata(description);
  return (target: new (...dependencies: never[]) => OperationKind<Input, Result>): void => void mark(target);
}
