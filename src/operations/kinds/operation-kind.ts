import { DiscoveryService } from '@nestjs/core';
import type { z } from 'zod';
import type { Json, Progress } from '../domain/operation-events.js';
import type { LookUp, Outcome, Cancellation } from './outcome.js';

/** What a kind tells of itself: validation, types and OpenAPI come from here. */
export interface KindDescription<Input extends z.ZodObject = z.ZodObject, Result extends z.ZodObject = z.ZodObject> {
  /** As it stands on the wire, `noun.verb`. */
  name: string;
  summary: string;
  input: Input;
  result: Result;
  /**
   * How long one attempt may take, in milliseconds; after it the attempt is given up for lost, and looked up if the
   * kind can.
   */
  timeLimitMs: number;
  /** In seconds: when it expires, unless the client says otherwise or it has taken effect by then. Without, never. */
  expiresIn?: number;
  /** The most attempts if the obstacle may pass; default RETRY_ATTEMPTS. */
  mostAttempts?: number;
  /** Started by the service itself, and by no client. */
  internal?: true;
  /** A failure leaves something undone that needs a person's attention. */
  failureNeedsAttention?: true;
  /** Inputs that run as they stand, by a short title. */
  examples: Record<string, { summary: string; input: z.input<Input> }>;
}

/** What an attempt receives. */
export interface Execution<Input> {
  operationId: string;
  /** 1 for the first attempt. */
  attempt: number;
  /** Grows with each claim: what the attempt writes under an older one is refused. */
  fence: number;
  input: Input;
  /**
   * Aborted when the operation is canceled, the process shuts down or the time is up. If the work has had no effect
   * yet, stop and throw its reason (`signal.throwIfAborted()`); else go on to the end.
   */
  signal: AbortSignal;
  /** Sends the progress to all followers of the operation. */
  progress: (progress: Progress) => Promise<void>;
}

/** What a look-up receives. */
export type Inquiry<Input> = Pick<Execution<Input>, 'operationId' | 'input' | 'signal'>;

/** An operator has found out that it succeeded, with this result. */
export type Resolution<Input, Result> = Pick<Execution<Input>, 'operationId' | 'input'> & { result: Result };

/** `unverified`: it may be true, but the provider could not be asked. */
export type Verification = { type: 'verified' } | { type: 'unverified'; reason: string };

/** `unexplained`: what a person must look at, a sentence each. `unknown`: it cannot be compared now. */
export type Reconciliation = { type: 'compared'; unexplained: readonly string[] } | { type: 'unknown'; reason: string };

/**
 * A kind of operation: one class, decorated with @Kind. An attempt may run again after a crash, or beside one that was
 * given up for lost: its effects elsewhere must go under an idempotency key made of the operation's id.
 */
export interface OperationKind<Input extends z.ZodObject = z.ZodObject, Result extends z.ZodObject = z.ZodObject> {
  execute(execution: Execution<z.output<Input>>): Promise<Outcome<z.output<Result> & Json>>;

  /**
   * Finds out how an attempt with an unknown answer ended, or whether the customer has acted. It changes nothing at the
   * provider. A kind without it may only have effects that can be repeated.
   */
  lookUp?(inquiry: Inquiry<z.output<Input>>): Promise<LookUp<z.output<Result> & Json>>;

  /** Cancels, at the provider too, an operation that waits for the customer. A kind with it has a lookUp. */
  cancel?(inquiry: Inquiry<z.output<Input>>): Promise<Cancellation<z.output<Result> & Json>>;

  /**
   * What may be started now, if that depends on the configuration: narrower than the stored input; `admit` enforces it.
   */
  offer?(): Pick<KindDescription<Input, Result>, 'input' | 'examples'>;

  /** Checks beyond the input's shape whether it may be started. @throws DomainError */
  admit?(input: z.output<Input>): Promise<void>;

  /** Verifies an operator's resolution beyond its shape, also with the provider. @throws DomainError if it is wrong */
  checkResolution?(resolution: Resolution<z.output<Input>, z.output<Result>>): Promise<Verification>;

  /** An operator has found out that it succeeded: stores what an attempt would have stored. */
  resolved?(resolution: Resolution<z.output<Input>, z.output<Result>>): Promise<void>;

  /** Compares the records of an ended operation with the provider, and stores what has happened there since. */
  reconcile?(inquiry: Inquiry<z.output<Input>>): Promise<Reconciliation>;

  /** The operation that compensates its effect, if it succeeds although it has ended otherwise. */
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
