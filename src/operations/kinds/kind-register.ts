import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Operation } from '../domain/operation.js';
import { UnknownKind } from '../domain/operation-errors.js';
import { mustCancelAtProvider } from './must-cancel-at-provider.js';
import { type KindDescription, KindMetadata, type OperationKind } from './operation-kind.js';

export type RegisteredKind = KindDescription & { handler: OperationKind };

/** What a client is told that it may start. */
export const offerOf = ({ input, examples, handler }: RegisteredKind): Pick<KindDescription, 'input' | 'examples'> =>
  handler.offer?.() ?? { input, examples };

/** A kind that cannot be registered, with what to change in it. */
export class UnusableKind extends Error {}

/** Every kind of operation that this process knows. */
@Injectable()
export class KindRegister implements OnModuleInit {
  private readonly kinds = new Map<string, RegisteredKind>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** The service does not start with a kind that cannot be added. */
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

  /** Of those that a client may start. @throws UnknownKind */
  getOffered(name: string): RegisteredKind {
    const kind = this.get(name);
    if (kind.internal) throw this.unknown(name);
    return kind;
  }

  /** For what was stored in another time: the kind may be gone. */
  find(name: string): RegisteredKind | undefined {
    return this.kinds.get(name);
  }

  /** Of a kind that this process knows. */
  mustCancelAtProvider(operation: Operation): boolean {
    const kind = this.find(operation.current.kind);
    return kind !== undefined && mustCancelAtProvider(operation, kind);
  }

  /** The names of those that must be withdrawn elsewhere where the customer does not come. */
  canceling(): string[] {
    return this.namesOfThoseWith('cancel');
  }

  /** The names of those whose customer is looked after while they are waited for. */
  lookingUp(): string[] {
    return this.namesOfThoseWith('lookUp');
  }

  all(): RegisteredKind[] {
    return [...this.kinds.values()];
  }

  /** Those that a client may start. */
  offered(): RegisteredKind[] {
    return this.all().filter(({ internal }) => !internal);
  }

  /** @throws UnusableKind where the name is taken or not as names are, or an example would not be accepted. */
  add(kind: RegisteredKind): void {
    if (!/^[a-z]+\.[a-z]+$/.test(kind.name))
      throw new UnusableKind(`A kind is named noun.verb in lower case, found "${kind.name}". Rename it in its @Kind.`);
    if (this.kinds.has(kind.name))
      throw new UnusableKind(`Two kinds are named "${kind.name}". Give one of them another name in its @Kind.`);
    if (kind.handler.cancel && !kind.handler.lookUp)
      throw new UnusableKind(
        `Kind "${kind.name}" can be withdrawn and not be looked up. Write its lookUp: a withdrawal may come too late.`,
      );
    const offer = offerOf(kind);
    for (const [title, { input }] of Object.entries(offer.examples)) {
      const parsed = offer.input.safeParse(input);
      if (!parsed.success)
        throw new UnusableKind(
          `The example "${title}" of kind "${kind.name}" does not fit its input: ${parsed.error.message}`,
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
