import type pg from 'pg';

/** A write of any number of rows that can run within another statement, as its common table expressions. */
export interface CompanionStatement<Row> {
  name: string;
  /** The named expressions, separated by commas; their parameters start at `first`. */
  ctes(first: number): string;
  values(rows: readonly Row[]): unknown[];
}

/** Rows to store within the statement that stores something else, atomically. */
export interface Companion<Row = unknown> {
  statement: CompanionStatement<Row>;
  row: Row;
}

/** The companions of a batch, ready for its statement. */
export interface Companions {
  /** Suffix of the statement's name: other companions make another prepared statement. */
  name: string;
  /** Appended to the statement's own common table expressions. */
  ctes: string;
  values: unknown[];
}

/** @param parameters the number of parameters of the statement itself */
export function joined(companions: readonly Companion[], parameters: number): Companions {
  const rows = new Map<CompanionStatement<unknown>, unknown[]>();
  for (const { statement, row } of companions) {
    const given = rows.get(statement);
    if (given) given.push(row);
    else rows.set(statement, [row]);
  }
  const together: Companions = { name: '', ctes: '', values: [] };
  for (const [statement, given] of [...rows].sort(byName)) {
    together.name += `+${statement.name}`;
    together.ctes += `, ${statement.ctes(parameters + together.values.length + 1)}`;
    together.values.push(...statement.values(given));
  }
  return together;
}

/** The statement of a companion that is stored on its own. */
export const alone = <Row>(statement: CompanionStatement<Row>, row: Row): pg.QueryConfig => ({
  name: statement.name,
  text: `WITH ${statement.ctes(1)}\nSELECT`,
  values: statement.values([row]),
});

const byName = ([one]: [{ name: string }, unknown], [other]: [{ name: string }, unknown]) =>
  one.name < other.name ? -1 : 1;
