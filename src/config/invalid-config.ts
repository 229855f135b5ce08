import { OperatorError } from '../errors/operator-error.js';

/** User and password of an address. */
const IN_ADDRESS = /\/\/[^/\s]*@/g;

export class InvalidConfig extends OperatorError {
  static because(issues: readonly { path: PropertyKey[]; message: string }[], env: NodeJS.ProcessEnv): InvalidConfig {
    // Of each setting the first: what further rules say of a value that is none confuses.
    const first = new Map<string, string>();
    for (const { path, message } of issues) first.set(String(path[0]), first.get(String(path[0])) ?? message);
    const lines = [...first].map(([name, message]) => {
      // A setting of tomorrow, too: who adds one that is secret need not come by here.
      const found = /(DATABASE|DIRECT|REDIS)_URL|API_BASE|SECRET|PASSWORD|TOKEN|CREDENTIAL|KEY/.test(name)
        ? ''
        : `, found "${(env[name] ?? '').replace(IN_ADDRESS, '//***@')}"`;
      return `  ${name}: ${message}${found}`;
    });
    return new InvalidConfig(`The environment has settings that cannot be used:\n${lines.join('\n')}`);
  }
}
