import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { MESSAGE_METADATA } from '@nestjs/websockets/constants.js';
import { type Need, needOf } from '../../src/access/needs.decorator.js';
import { hubMethods } from '../../src/delivery/signalr/hub-message.contract.js';
import { OperationsHub } from '../../src/delivery/signalr/operations-hub.js';
import type { Service } from './service.js';

type Handler = (...given: never[]) => unknown;
type Declared = Map<string, Need | undefined>;

const reflector = new Reflector();
const needs = (handler: Handler, of: Type) => needOf(reflector, [handler, of]);

function handlersOf({ prototype }: Type): [string, Handler][] {
  const methods = new MetadataScanner().getAllMethodNames(prototype as object);
  return methods.map((name) => [name, (prototype as Record<string, Handler>)[name]!]);
}

/** What each route of a controller declares, by `METHOD /path`. */
export function routeNeeds({ outcome }: Service): Declared {
  const modules = [...outcome.app.get(ModulesContainer).values()];
  const controllers = modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype));
  return new Map(
    (controllers as Type[]).flatMap((controller) =>
      handlersOf(controller).flatMap(([, handler]) => {
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) return [];
        const paths = [Reflect.getMetadata(PATH_METADATA, handler) as string | string[]].flat();
        const prefix = Reflect.getMetadata(PATH_METADATA, controller) as string;
        return paths.map((path) => {
          const whole = `/${[prefix, path].flatMap((part) => part.split('/').filter(Boolean)).join('/')}`;
          return [`${RequestMethod[method]} ${whole}`, needs(handler, controller)] as const;
        });
      }),
    ),
  );
}

/** What each message of a Socket.IO gateway declares, by its event name, and each method of the hub. */
export function messageNeeds({ outcome }: Service): Declared {
  const modules = [...outcome.app.get(ModulesContainer).values()];
  const providers = modules.flatMap((module) => [...module.providers.values()].map(({ metatype }) => metatype));
  const classes = new Set(providers.filter((type): type is Type => typeof type === 'function' && !!type.prototype));
  const ofGateways = [...classes].flatMap((type) =>
    handlersOf(type).flatMap(([, handler]) => {
      const message = Reflect.getMetadata(MESSAGE_METADATA, handler) as string | undefined;
      return message === undefined ? [] : [[message, needs(handler, type)] as const];
    }),
  );
  const hub = OperationsHub as unknown as Type;
  const ofHub = Object.keys(hubMethods).map((name) => {
    const handler = (hub.prototype as Record<string, Handler>)[name.toLowerCase()]!;
    return [name, needs(handler, hub)] as const;
  });
  return new Map([...ofGateways, ...ofHub]);
}

/** Each route that Fastify serves, as `METHOD /path`, without HEAD, which goes with GET. */
export function servedRoutes({ outcome }: Service): string[] {
  const parents: string[] = [];
  const tree = outcome.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^([\s│]*)[├└]── (\S+) \(([\w, ]+)\)$/.exec(line) ?? [];
    if (part === '') return [];
    const depth = indent.length / 4;
    const path = (parents[depth - 1] ?? '') + part;
    parents[depth] = path;
    return methods.split(', ').flatMap((method) => (method === 'HEAD' ? [] : [`${method} ${path}`]));
  });
}
