import type pg from 'pg';

/** A write for any number of rows that can be part of another statement, as common table expressions of it. */
export interface CompanionStatement<Row> {
  name: string;
  /** Each with its name, separated by commas; the parameters begin at `first`. */
  ctes(first: number): string;
  values(rows: readonly Row[]): unknown[];
}

/** What is to be stored in the statement that stores something else: both are stored, or neither. */
export interface Companion<Row = unknown> {
  statement: CompanionStatement<Row>;
  row: Row;
}

/** The companions of a batch, ready to become part of its statement. */
export interface Companions {
  /** Follows the name of the statement: with other companions, it is another statement. */
  name: string;
  /** Follows the last of the statement's own common table expressions. */
  ctes: string;
  values: unknown[];
}

/** @param parameters how many the statement has without them */
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

/** The statement of a companion that nothing else is stored with. */
export const alone = <Row>(statement: CompanionStatement<Row>, row: Row): pg.QueryConfig => ({
  name: statement.name,
  text: `WITH ${statement.ctes(1)}\nSELECT`,
  values: statement.values([row]),
});

const byName = ([one]: [{ name: string }, unknown], [other]: [{ name: string }, unknown]) =>
  one.name < other.name ? -1 : 1;
