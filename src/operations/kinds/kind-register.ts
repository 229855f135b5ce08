import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { UnknownKind } from '../domain/refusals.js';
import { type KindDescription, KindMetadata, type OperationKind } from './operation-kind.js';

export type RegisteredKind = KindDescription & { handler: OperationKind };

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
    if (!kind) throw UnknownKind.named(name, [...this.kinds.keys()]);
    return kind;
  }

  /** For what was stored in another time: the kind may be gone. */
  find(name: string): RegisteredKind | undefined {
    return this.kinds.get(name);
  }

  all(): RegisteredKind[] {
    return [...this.kinds.values()];
  }

  /** @throws where the name is taken or not as names are, or an example would not be accepted. */
  add(kind: RegisteredKind): void {
    if (!/^[a-z]+\.[a-z]+$/.test(kind.name))
      throw new Error(`A kind is named noun.verb in lower case, found "${kind.name}". Rename it in its @Kind.`);
    if (this.kinds.has(kind.name)) throw new Error(`Two kinds are named "${kind.name}". Give one of them another name in its @Kind.`);
    for (const [title, { input }] of Object.entries(kind.examples)) {
      const parsed = kind.input.safeParse(input);
      if (!parsed.success) throw new Error(`The example "${title}" of kind "${kind.name}" does not fit its input: ${parsed.error.message}`);
    }
    this.kinds.set(kind.name, kind);
  }
}
