import { createHash } from 'node:crypto';
import { migrations } from './migrations/migrations.js';

/** The functions of the statements are in it, and nothing else. */
export const FUNCTIONS_SCHEMA = 'hot';

/** PostgreSQL cuts longer names. */
const LONGEST_NAME = 63;

/**
 * With what a function is made besides its text: another shape, or a migration, which may change the types of columns,
 * makes other functions.
 */
const SHAPE = `2 ${migrations.at(-1)?.name ?? ''}`;

/**
 * A statement of the login that runs operations. That login has no right on any table: what it sends is the call of a
 * function of the same text, which the start makes with the rights of another role. Statements are declared in files
 * `*.sql.ts`, and listed in src/statements.ts: a function is made of no others.
 */
export interface Statement {
  /** Of the prepared statement. */
  readonly name: string;
  /** The call. */
  readonly text: string;
  /** What the function runs. */
  readonly body: string;
  readonly functionName: string;
  readonly parameters: number;
}

/**
 * @param body one statement that returns columns with distinct names, or that changes rows and returns none; of the
 * latter, the call answers with as many rows as were changed
 */
export function statement(name: string, body: string): Statement {
  const hash = createHash('sha256').update(`${SHAPE} ${body}`).digest('hex').slice(0, 8);
  const functionName = `${name.replace(/\W/g, '_').slice(0, LONGEST_NAME - hash.length - 1)}_${hash}`;
  const declared = { name, body, functionName, parameters: parametersIn(body) };
  return { ...declared, text: `SELECT * FROM ${callOf(declared)}` };
}

/** The call as an expression of another statement; its parameters start at `first`. */
export function callOf(
  { functionName, parameters }: Pick<Statement, 'functionName' | 'parameters'>,
  first = 1,
): string {
  const given = Array.from({ length: parameters }, (_, at) => `$${first + at}`);
  return `${FUNCTIONS_SCHEMA}.${functionName}(${given.join(', ')})`;
}

/** How many parameters a text has, which are numbered from 1. */
export const parametersIn = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, place]) => Number(place)));

/** By this name of their connections, processes know others with the same statements. */
export function applicationOf(statements: readonly Statement[]): string {
  const names = statements.map(({ functionName }) => functionName).sort();
  return `outcome ${createHash('sha256').update(names.join()).digest('hex').slice(0, 8)}`;
}
