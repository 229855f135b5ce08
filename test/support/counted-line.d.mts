export interface LineCounts {
  statements: number;
  roundTrips: number;
  /** By the name of a prepared statement, else by its first words. */
  byTitle: Map<string, number>;
}

/** A line to a PostgreSQL server that counts what goes over it. */
export class CountedLine {
  readonly url: string;
  static to(url: string): Promise<CountedLine>;
  counts(): LineCounts;
  stop(): Promise<void>;
}
