import { OperatorError } from '../errors/operator-error.js';

/** The Redis of REDIS_URL does not answer, or is not one that the service can rely on. */
export class RedisUnusable extends OperatorError {
  static because(why: string): RedisUnusable {
    return new RedisUnusable(`The Redis of REDIS_URL cannot be used: ${why}`);
  }
}
