export interface LineCounts {
  statements: number;
  roundTrips: number;
  /** By the name of a prepared statement, else by its first words. */
  byTitle: Map<string, number>;
}

/** A line to a PostgreSQL server that counts what goes over it. */
export class CountedLine {
  readonly url: string;
  /** Of all connections, what the database has still to answer. */
  readonly unanswered: number;
  static to(url: string): Promise<CountedLine>;
  counts(): LineCounts;
  stop(): Promise<void>;
}
