import type pg from 'pg';
import { arrayLiteral, type Element } from './array-literal.js';
import { parametersIn, statement, type Statement } from './statement.js';

/**
 * A write of any number of rows that can run within another statement, as its common table expressions. Each is listed
 * in src/statements.ts.
 */
export interface CompanionStatement<Row> {
  name: string;
  /**
   * Each row belongs to an operation and is stored only with it: the expressions read `stored`, the ids of the
   * operations that the statement stores. So it cannot run on its own.
   */
  needsStored?: true;
  /** The named expressions, separated by commas; their parameters start at `first`. */
  ctes(first: number): string;
  /** One array for each parameter. */
  values(rows: readonly Row[]): Element[][];
}

/** Rows to store within the statement that stores something else, atomically. */
export interface Companion<Row = unknown> {
  statement: CompanionStatement<Row>;
  row: Row;
}

/** What companions add to a statement. */
export interface CombinedStatements {
  /** Suffix of its name: other companions make another statement. */
  name: string;
  /** Appended to its own common table expressions; their parameters start at `first`. */
  ctes(first: number): string;
}

/** The companions of a batch, ready for its statement. */
export interface Companions extends CombinedStatements {
  values: string[];
}

type AnyStatement = Omit<CompanionStatement<never>, 'values'>;

export const NO_COMPANIONS: CombinedStatements = { name: '', ctes: () => '' };

export function combined(statements: readonly AnyStatement[]): CombinedStatements {
  const sorted = [...statements].sort(byName);
  const ctes = (first: number) => {
    let next = first;
    const texts = sorted.map((each) => {
      const text = each.ctes(next);
      next += parametersIn(each.ctes(1));
      return `, ${text}`;
    });
    return texts.join('');
  };
  return { name: sorted.map(({ name }) => `+${name}`).join(''), ctes };
}

export function joined(companions: readonly Companion[]): Companions {
  const rows = new Map<CompanionStatement<unknown>, unknown[]>();
  for (const { statement, row } of companions) {
    const given = rows.get(statement);
    if (given) given.push(row);
    else rows.set(statement, [row]);
  }
  const values = [...rows]
    .sort(([one], [other]) => byName(one, other))
    .flatMap(([each, given]) => each.values(given).map(arrayLiteral));
  return { ...combined([...rows.keys()]), values };
}

/** The statement of a companion that is stored on its own. */
export function aloneOf({ name, ctes }: AnyStatement): Statement {
  const made = lone.get(name) ?? statement(name, `WITH ${ctes(1)}\nSELECT 1 AS stored`);
  lone.set(name, made);
  return made;
}

const lone = new Map<string, Statement>();

export const alone = <Row>(companion: CompanionStatement<Row>, row: Row): pg.QueryConfig => ({
  ...aloneOf(companion),
  values: companion.values([row]).map(arrayLiteral),
});

/** Every set of these, the empty one too. */
export const combinationsOf = (statements: readonly AnyStatement[]): AnyStatement[][] =>
  statements.reduce<AnyStatement[][]>((sets, each) => [...sets, ...sets.map((set) => [...set, each])], [[]]);

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
