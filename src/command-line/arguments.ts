import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage-error.js';

/** What may follow a command: so many ids, or undefined if it says so itself, and these options. */
export type Commands<Option extends string = string> = Readonly<
  Record<string, { ids: number | undefined; takes: readonly Option[] }>
>;

/** Undefined if the line asks for help. @throws UsageError */
export function commandIn<All extends Commands>(
  [command = 'help']: readonly string[],
  commands: All,
): (keyof All & string) | undefined {
  if (['help', '--help', '-h'].includes(command)) return undefined;
  if (Object.hasOwn(commands, command)) return command;
  const names = Object.keys(commands);
  throw new UsageError(`Expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, found "${command}".`);
}

/** As Node's. @throws UsageError */
export function parsed<Config extends ParseArgsConfig>(config: Config) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @param thing what the ids are of @throws UsageError */
export function expectTaken(
  command: string,
  { ids, takes }: Commands[string],
  { values, positionals }: { values: object; positionals: readonly string[] },
  thing: string,
): void {
  const strange = Object.keys(values).find((option) => !takes.includes(option));
  if (strange) throw new UsageError(`"${command}" takes no --${strange}.`);
  if (ids === undefined || positionals.length === ids) return;
  // Not what was found: it might be a secret.
  throw new UsageError(
    ids === 1 ? `Expected "${command}" with the id of one ${thing}.` : `"${command}" takes options alone.`,
  );
}
