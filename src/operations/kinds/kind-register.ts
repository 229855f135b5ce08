import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { ScopeMissing } from '../../access/access-errors.js';
import { type Caller, hasScope, mayStart, startScopeOf } from '../../access/caller.js';
import { OperatorError } from '../../errors/operator-error.js';
import type { Operation } from '../domain/operation.js';
import { UnknownKind } from '../domain/operation-errors.js';
import { mustCancelAtProvider } from './must-cancel-at-provider.js';
import { type KindDescription, KindMetadata, type OperationKind } from './operation-kind.js';

export type RegisteredKind = KindDescription & { handler: OperationKind };

/** The input and examples that clients may use now. */
export const offerOf = ({ input, examples, handler }: RegisteredKind): Pick<KindDescription, 'input' | 'examples'> =>
  handler.offer?.() ?? { input, examples };

/** A kind that cannot be registered; the message says what to change. */
export class UnusableKind extends OperatorError {}

/** Every kind of operation that this process knows. */
@Injectable()
export class KindRegister implements OnModuleInit {
  private readonly kinds = new Map<string, RegisteredKind>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** Registers every @Kind of the application, and fails the boot if one is unusable. */
  onModuleInit(): void {
    for (const provider of this.discovery.getProviders({ metadataKey: KindMetadata.KEY })) {
      const description = this.discovery.getMetadataByDecorator(KindMetadata, provider) as KindDescription;
      this.add({ ...description, handler: provider.instance as OperationKind });
    }
  }

  /** @throws UnknownKind */
  get(name: string): RegisteredKind {
    const kind = this.kinds.get(name);
    if (!kind) throw this.unknown(name);
    return kind;
  }

  /** A kind that this caller may start. @throws UnknownKind, ScopeMissing */
  getFor(caller: Caller, name: string): RegisteredKind {
    const kind = this.get(name);
    if (kind.internal) throw this.unknown(name);
    if (!mayStart(caller, name)) throw ScopeMissing.expected(startScopeOf(name));
    if (kind.needs && !hasScope(caller, kind.needs)) throw ScopeMissing.expected(kind.needs);
    return kind;
  }

  /** Undefined for a kind that was removed after operations of it were stored. */
  find(name: string): RegisteredKind | undefined {
    return this.kinds.get(name);
  }

  /** False for a kind that this process does not know. */
  mustCancelAtProvider(operation: Operation): boolean {
    const kind = this.find(operation.current.kind);
    return kind !== undefined && mustCancelAtProvider(operation, kind);
  }

  /** Kinds whose operations must be canceled at the provider if the customer does not act. */
  canceling(): string[] {
    return this.namesOfThoseWith('cancel');
  }

  /** Kinds whose operations are looked up while they wait for the customer. */
  lookingUp(): string[] {
    return this.namesOfThoseWith('lookUp');
  }

  all(): RegisteredKind[] {
    return [...this.kinds.values()];
  }

  /** The kinds that clients may start. */
  offered(): RegisteredKind[] {
    return this.all().filter(({ internal }) => !internal);
  }

  /** @throws UnusableKind if the name is taken or malformed, or if the kind refuses one of its examples */
  add(kind: RegisteredKind): void {
    if (!/^[a-z]+\.[a-z]+$/.test(kind.name))
      throw new UnusableKind(`A kind is named noun.verb in lower case, found "${kind.name}". Rename it in its @Kind.`);
    if (this.kinds.has(kind.name))
      throw new UnusableKind(`Two kinds are named "${kind.name}". Give one of them another name in its @Kind.`);
    if (kind.handler.cancel && !kind.handler.lookUp)
      throw new UnusableKind(
        `Kind "${kind.name}" has a cancel and no lookUp. Write its lookUp: a cancel may come too late.`,
      );
    const offer = offerOf(kind);
    for (const [title, { input }] of Object.entries(offer.examples)) {
      const parsed = offer.input.safeParse(input);
      if (!parsed.success)
        throw new UnusableKind(
          `The example "${title}" of kind "${kind.name}" does not fit its input. Change one of them in its @Kind.\n` +
            z.prettifyError(parsed.error),
        );
    }
    this.kinds.set(kind.name, kind);
  }

  private namesOfThoseWith(method: 'cancel' | 'lookUp'): string[] {
    return this.all()
      .filter(({ handler }) => method in handler)
      .map(({ name }) => name);
  }

  private unknown(name: string): UnknownKind {
    return UnknownKind.named(
      name,
      this.offered().map((kind) => kind.name),
    );
  }
}
