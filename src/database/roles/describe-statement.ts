import type pg from 'pg';

/** What a statement takes and returns, by the OIDs of types. */
export interface Description {
  parameters: readonly number[];
  /** Undefined: it returns no rows. */
  columns: readonly { name: string; type: number }[] | undefined;
}

/** What of pg's connection a description needs; its types lack some. */
interface ProtocolConnection {
  parse(message: { text: string }): void;
  describe(message: { type: 'S' }): void;
  sync(): void;
  once(event: 'parameterDescription', listener: (message: { dataTypeIDs: number[] }) => void): void;
}

/** Asks PostgreSQL for the types of a statement, by the messages Parse and Describe: it is not executed. */
export function describeStatement(client: Pick<pg.Client, 'query'>, text: string): Promise<Description> {
  return new Promise((resolve, reject) => client.query(new Describing(text, resolve, reject)));
}

/** As pg runs it. */
class Describing implements pg.Submittable {
  private parameters: readonly number[] = [];
  private columns: Description['columns'];
  private hasFailed = false;
  /** pg sets and expects it. */
  readonly callback = () => undefined;

  constructor(
    private readonly text: string,
    private readonly resolve: (found: Description) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  submit(connection: unknown): null {
    const protocol = connection as ProtocolConnection;
    protocol.once('parameterDescription', ({ dataTypeIDs }) => (this.parameters = dataTypeIDs));
    protocol.parse({ text: this.text });
    protocol.describe({ type: 'S' });
    protocol.sync();
    return null;
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.columns = fields.map(({ name, dataTypeID: type }) => ({ name, type }));
  }

  handleError(error: Error): void {
    this.hasFailed = true;
    this.reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.hasFailed) this.resolve({ parameters: this.parameters, columns: this.columns });
  }
}
