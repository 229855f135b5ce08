import pg from 'pg';
import { QueryFailedError } from 'typeorm';
import { isUnavailable, whyUnavailable } from './database-unavailable.js';

const ofPostgres = (code: string) => Object.assign(new pg.DatabaseError('of PostgreSQL', 13, 'error'), { code });
const ofTheSystem = (code: string) => Object.assign(new Error('connect'), { code });

describe('the database cannot serve for now', () => {
  const unavailable: [string, Error, RegExp][] = [
    ['read-only after a failover', ofPostgres('25006'), /read-only/],
    ['a statement that took too long', ofPostgres('57014'), /answered in time/],
    ['a lock that was not to be had', ofPostgres('55P03'), /answered in time/],
    ['a shutdown', ofPostgres('57P01'), /starts or shuts down/],
    ['a crash', ofPostgres('57P02'), /starts or shuts down/],
    ['a start', ofPostgres('57P03'), /starts or shuts down/],
    ['a transaction that idled', ofPostgres('25P03'), /reached/],
    ['a serialization failure', ofPostgres('40001'), /reached/],
    ['a deadlock', ofPostgres('40P01'), /reached/],
    ['too many connections', ofPostgres('53300'), /no connection left/],
    ['a full disk', ofPostgres('53100'), /disk .* full/],
    ['a database that takes no connections', ofPostgres('55000'), /reached/],
    ['an input or output error', ofPostgres('58030'), /reached/],
    ['a connection that failed', ofPostgres('08006'), /reached/],
    ['no server there', ofTheSystem('ECONNREFUSED'), /reached/],
    ['no way there', ofTheSystem('EHOSTUNREACH'), /reached/],
    ['no file handle left', ofTheSystem('EMFILE'), /too many files and connections/],
    ['silence', new Error('Query read timeout'), /answered in time/],
    ['a connection that is closed', new Error('Connection terminated unexpectedly'), /reached/],
    ['a full pool', new Error('timeout exceeded when trying to connect'), /reached/],
    ['TypeORM, which wraps', new QueryFailedError('SELECT', [], ofPostgres('25006')), /read-only/],
  ];
  test.each(unavailable)('%s', (_, error, why) => {
    expect(isUnavailable(error)).toBe(true);
    expect(whyUnavailable(error)).toMatch(why);
  });
});

describe('any other error', () => {
  const faults: [string, unknown][] = [
    ['a table that is not there', ofPostgres('42P01')],
    ['a unique violation', ofPostgres('23505')],
    ['a transaction that had failed', ofPostgres('25P02')],
    ['an error of ours', new TypeError('x is undefined')],
    ['nothing', undefined],
  ];
  test.each(faults)('%s', (_, error) => expect(isUnavailable(error)).toBe(false));
});

test('a login that is refused is that of the setting which the service serves with', () => {
  expect(whyUnavailable(ofPostgres('28P01'))).toMatch(/login of DATABASE_URL_HOT, or without it .* DATABASE_URL\.$/);
});
