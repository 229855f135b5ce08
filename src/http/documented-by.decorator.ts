import { DiscoveryService } from '@nestjs/core';
import { once } from '../time/once.js';

/** The OpenAPI of a controller and of each of its routes, as decorators of @nestjs/swagger. */
export interface Documentation<Controller> {
  controller: ClassDecorator;
  calls: Readonly<Record<keyof Controller, MethodDecorator>>;
}

type Describe = () => Promise<void>;

const Described = DiscoveryService.createDecorator<Describe>();

/**
 * Imports a controller's documentation only when the OpenAPI document is requested: @nestjs/swagger is a fifth of all
 * code that a process would load. A controller without one is not in the document.
 */
export const DocumentedBy =
  <Controller>(load: () => Promise<Documentation<Controller>>) =>
  (controller: new (...args: never[]) => Controller): void => {
    const describe = once(async () => {
      const documentation = await load();
      documentation.controller(controller);
      const { prototype } = controller as { prototype: object };
      for (const [call, decorate] of Object.entries<MethodDecorator>(documentation.calls))
        decorate(prototype, call, Object.getOwnPropertyDescriptor(prototype, call) ?? {});
    });
    Described(describe)(controller);
  };

/** Describes the controllers that have a documentation. @returns the others. */
export async function describeControllers(discovery: DiscoveryService): Promise<(new () => unknown)[]> {
  const undocumented = [];
  for (const controller of discovery.getControllers()) {
    const describe = discovery.getMetadataByDecorator(Described, controller);
    if (describe) await describe();
    else undocumented.push(controller.metatype as new () => unknown);
  }
  return undocumented;
}
