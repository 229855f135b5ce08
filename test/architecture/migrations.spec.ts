import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { ENTITIES } from '../../src/entities.js';
import { SplitAttempt1795660000000 } from '../../src/database/migrations/1795660000000-SplitAttempt.js';
import { breakIn } from '../../src/database/newer-tables.js';
import { migrations } from '../../src/database/migrations/migrations.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

const FOLDER = fileURLToPath(new URL('../../src/database/migrations/', import.meta.url));

let database: TestDatabase;
beforeAll(async () => (database = await createDatabase()));
afterAll(() => database.drop());

const oneLine = (sql: string) => sql.replace(/\s+/g, ' ').trim();

/** The SQL that would turn a fully migrated database into what the entities describe. */
async function missingSql(more: Partial<DataSourceOptions> = {}): Promise<string[]> {
  const dataSource = await new DataSource({
    ...dataSourceOptions(database.url, ENTITIES),
    ...more,
  } as DataSourceOptions).initialize();
  try {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => oneLine(query));
  } finally {
    await dataSource.destroy();
  }
}

/** Every table, column, index and constraint of ours, to compare two databases. */
async function schema(): Promise<unknown[]> {
  const { rows } = await database.client.query(`
    SELECT table_schema, table_name, column_name, data_type, is_nullable FROM information_schema.columns
    WHERE table_schema IN ('public', 'sandbox') AND table_name <> 'migration'
    UNION ALL SELECT schemaname, tablename, indexname, indexdef, NULL FROM pg_indexes
    WHERE schemaname IN ('public', 'sandbox') AND tablename <> 'migration'
    ORDER BY 1, 2, 3`);
  return rows;
}

test('the migrations make the schema of the entities; the failure names missing SQL', async () => {
  const missing = await missingSql();
  if (missing.length > 0)
    throw new Error(
      'The entities want what no migration makes. Run "npm run migration:generate -- SayWhat". Missing:\n' +
        missing.join('\n'),
    );
});

test('a missing migration is detected, and its SQL named', async () => {
  @Entity('planted')
  class Planted {
    @PrimaryColumn('uuid')
    id!: string;

    @Column('text')
    note!: string;
  }
  const missing = await missingSql({ entities: [...ENTITIES, Planted] });
  expect(missing).toEqual([
    expect.stringMatching(/^CREATE TABLE "planted" \("id" uuid NOT NULL, "note" text NOT NULL/),
  ]);
});

test('every entity in src is named in entities.ts', async () => {
  const files = (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.entity.ts'));
  const classes = await Promise.all(
    files.map(async (file) => /export class (\w+)/.exec(await readFile(`src/${file}`, 'utf8'))?.[1]),
  );
  expect(ENTITIES.map(({ name }) => name).sort()).toEqual(classes.sort());
});

test('every migration in the folder is run, oldest first', async () => {
  const files = (await readdir(FOLDER)).filter((name) => /^\d+-\w+\.ts$/.test(name)).sort();
  const named = files.map((name) => name.replace(/^(\d+)-(\w+)\.ts$/, '$2$1'));
  expect(migrations.map((migration) => new migration().name)).toEqual(named);
});

/** They were made before versions looked for it: docs/upgrading.md. */
const FORMER_BREAKS = ['SpeakOneVocabulary1795650000000', 'SplitAttempt1795660000000'];

const takesAway = (up: string) => /\bDROP (TABLE|COLUMN|SCHEMA)\b|\bRENAME\b/i.test(up);

test('a migration that removes or renames has a name by which versions before it refuse to start', async () => {
  const files = (await readdir(FOLDER)).filter((name) => /^\d+-\w+\.ts$/.test(name));
  const found = await Promise.all(
    files.map(async (file) => {
      const [, up = ''] = /\bup\(([\s\S]*?)\bdown\(/.exec(await readFile(`${FOLDER}${file}`, 'utf8')) ?? [];
      expect([file, up.length > 20]).toEqual([file, true]);
      return takesAway(up) ? [file.replace(/^(\d+)-(\w+)\.ts$/, '$2$1')] : [];
    }),
  );
  expect(
    found.flat().filter((name) => !breakIn([`${name} of a newer version`]) && !FORMER_BREAKS.includes(name)),
  ).toEqual([]);
  expect(found.flat()).toEqual(expect.arrayContaining(FORMER_BREAKS));
});

test('an operation from before the split of attempt keeps its fence and gets its number of executions', async () => {
  const dataSource = await new DataSource(dataSourceOptions(database.url, ENTITIES)).initialize();
  const rows = [
    { status: 'pending', attempt: 0, lookUps: 0, isAwaited: false, attempts: 0 },
    { status: 'processing', attempt: 3, lookUps: 0, isAwaited: true, attempts: 3 },
    { status: 'reconciling', attempt: 1, lookUps: 1, isAwaited: true, attempts: 1 },
    { status: 'reconciling', attempt: 4, lookUps: 3, isAwaited: true, attempts: 2 },
    { status: 'reconciling', attempt: 4, lookUps: 2, isAwaited: false, attempts: 2 },
    { status: 'requires_action', attempt: 1, lookUps: 0, isAwaited: false, attempts: 1 },
    { status: 'success', attempt: 3, lookUps: 1, isAwaited: false, attempts: 2 },
    { status: 'expired', attempt: 1, lookUps: 1, isAwaited: false, attempts: 1 },
  ];
  try {
    const undoSplit = async () => {
      for (const _ of migrations.slice(migrations.indexOf(SplitAttempt1795660000000)))
        await dataSource.undoLastMigration();
    };
    await undoSplit();
    for (const [at, { status, attempt, lookUps, isAwaited }] of rows.entries())
      await database.client.query(
        `INSERT INTO operation (id, kind, input, metadata, status, version, attempt, look_ups, next_attempt_at,
          created_at, updated_at)
         VALUES ($1, 'demo.countdown', '{}', '{}', $2, 1, $3, $4, CASE WHEN $5 THEN now() END, now(), now())`,
        [`01997b1c-8e58-7cc3-9b4e-00000000000${at}`, status, attempt, lookUps, isAwaited],
      );
    await dataSource.runMigrations();
    const { rows: migrated } = await database.client.query('SELECT fence, attempts FROM operation ORDER BY id');
    expect(migrated).toEqual(rows.map(({ attempt, attempts }) => ({ fence: attempt, attempts })));
    await undoSplit();
    const { rows: undone } = await database.client.query('SELECT attempt FROM operation ORDER BY id');
    expect(undone).toEqual(rows.map(({ attempt }) => ({ attempt })));
    await dataSource.runMigrations();
  } finally {
    await database.client.query('DELETE FROM operation');
    await dataSource.destroy();
  }
});

test('every migration can be reverted and applied again', async () => {
  const dataSource = await new DataSource(dataSourceOptions(database.url, ENTITIES)).initialize();
  try {
    const before = await schema();
    for (let undone = 0; undone < migrations.length; undone += 1) await dataSource.undoLastMigration();
    expect(await schema()).toEqual([]);
    await dataSource.runMigrations();
    expect(await schema()).toEqual(before);
  } finally {
    await dataSource.destroy();
  }
});
