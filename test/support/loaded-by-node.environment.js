import { createRequire } from 'node:module';
import { TestEnvironment } from 'jest-environment-node';

const require = createRequire(import.meta.url);
const ERRORS = ['Error', 'AggregateError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

/** Gives the specs of a file what loaded-by-node.transform.js puts in place of modules, and makes it fit in. */
export default class LoadedByNodeEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    // Jest empties what it finds on `global` when the file is over.
    this.global.loadedByNode = (file) => require(file);
    // With the metadata of decorators.
    this.global.Reflect = Reflect;
    this.global.Date = Date;
    for (const name of ERRORS) share(this.global[name], globalThis[name]);
  }
}

/**
 * An error of a service is an `Error` to the specs, and the other way round.
 * @param {ErrorConstructor} ofSpecs
 * @param {ErrorConstructor} ofServices
 */
function share(ofSpecs, ofServices) {
  Object.setPrototypeOf(ofSpecs.prototype, ofServices.prototype);
  Object.defineProperty(ofSpecs, Symbol.hasInstance, {
    value(error) {
      return Function.prototype[Symbol.hasInstance].call(this === ofSpecs ? ofServices : this, error);
    },
  });
}
