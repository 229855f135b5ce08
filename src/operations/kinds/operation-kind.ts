import { DiscoveryService } from '@nestjs/core';
import type { z } from 'zod';
import type { Json, Progress } from '../domain/events.js';
import type { LookUp, Outcome, Cancellation } from './outcome.js';

/** What a kind tells of itself: validation, types and OpenAPI come from here. */
export interface KindDescription<Input extends z.ZodObject = z.ZodObject, Result extends z.ZodObject = z.ZodObject> {
  /** As it stands on the wire, `noun.verb`. */
  name: string;
  summary: string;
  input: Input;
  result: Result;
  /**
   * How long one try may take, in milliseconds; after it the try is given up for lost, and looked up where the kind
   * can.
   */
  timeLimitMs: number;
  /** In seconds: when it expires, unless the client says otherwise or it has taken effect by then. Without, never. */
  expiresIn?: number;
  /** How often it is tried where what stands in the way may pass; else RETRY_ATTEMPTS. */
  tries?: number;
  /** Started by the service itself, and by no client. */
  internal?: true;
  /** Where it fails, something is left undone that a person must see to. */
  failureNeedsAttention?: true;
  /** Inputs that run as they stand, by a short title. */
  examples: Record<string, { summary: string; input: z.input<Input> }>;
}

/** What a try is given. */
export interface Execution<Input> {
  operationId: string;
  /** 1 for the first try. */
  attempt: number;
  input: Input;
  /**
   * Aborted when the operation is called off, the process shuts down or the time is up. Where the work has had no
   * effect yet, stop and throw its reason (`signal.throwIfAborted()`); else go on to the end.
   */
  signal: AbortSignal;
  /** Tells everybody who follows the operation. */
  progress: (progress: Progress) => Promise<void>;
}

/** What there is to know for a look-up. */
export type Inquiry<Input> = Pick<Execution<Input>, 'operationId' | 'input' | 'signal'>;

/** What a person has found out: that it succeeded, and what it brought. */
export type Resolution<Input, Result> = Pick<Execution<Input>, 'operationId' | 'input'> & { result: Result };

/** `unverified`: it may be so, and nobody who knows could be asked. */
export type Verification = { type: 'verified' } | { type: 'unverified'; reason: string };

/** `unexplained`: what a person must look at, a sentence each. `unknown`: it cannot be compared now. */
export type Reconciliation = { type: 'compared'; unexplained: readonly string[] } | { type: 'unknown'; reason: string };

/**
 * A kind of operation: one class, decorated with @Kind. A try may run again after a crash or beside a try that was
 * given up for lost: whatever it does elsewhere must go under an idempotency key made of the operation's id.
 */
export interface OperationKind<Input extends z.ZodObject = z.ZodObject, Result extends z.ZodObject = z.ZodObject> {
  execute(execution: Execution<z.output<Input>>): Promise<Outcome<z.output<Result> & Json>>;

  /**
   * Finds out how a try ended whose answer is unknown, or whether the customer has acted. It changes nothing elsewhere.
   * A kind without one may have no effect that cannot be repeated.
   */
  lookUp?(inquiry: Inquiry<z.output<Input>>): Promise<LookUp<z.output<Result> & Json>>;

  /** Calls off, elsewhere too, what waits for the customer. A kind with it has a lookUp. */
  cancel?(inquiry: Inquiry<z.output<Input>>): Promise<Cancellation<z.output<Result> & Json>>;

  /**
   * What may be started now, where that hangs on how the service is set up: narrower than the input that is stored;
   * `admit` holds to it.
   */
  offer?(): Pick<KindDescription<Input, Result>, 'input' | 'examples'>;

  /** Whether it may be started at all, beyond its input's shape. @throws DomainError */
  admit?(input: z.output<Input>): Promise<void>;

  /**
   * Whether what a person has found is so, beyond its shape, also by what is said elsewhere. @throws DomainError where
   * it is not
   */
  checkResolution?(resolution: Resolution<z.output<Input>, z.output<Result>>): Promise<Verification>;

  /** A person has found out that it succeeded: keeps what a try would have kept. */
  resolved?(resolution: Resolution<z.output<Input>, z.output<Result>>): Promise<void>;

  /**
   * Holds what is kept of one that has ended against what is true elsewhere, and keeps what has come about there since.
   */
  reconcile?(inquiry: Inquiry<z.output<Input>>): Promise<Reconciliation>;

  /** What undoes its effect, where it succeeds although it has ended otherwise. */
  compensation?(operationId: string): { kind: string; input: Json };
}

export const KindMetadata = DiscoveryService.createDecorator<KindDescription>();

/** Registers the class as a kind of operation, and holds it to the description. */
export function Kind<Input extends z.ZodObject, Result extends z.ZodObject>(
  description: KindDescription<Input, Result>,
) {
  const mark = KindMetadata(description);
  return (target: new (...dependencies: never[]) => OperationKind<Input, Result>): void => void mark(target);
}
