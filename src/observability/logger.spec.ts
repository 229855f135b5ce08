import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { pino } from 'pino';
import { NestLogger } from './logger.js';

const LOGGER = new URL('../../dist/src/observability/logger.js', import.meta.url).href;

@Module({})
class PlantedModule {}

const run = (program: string) =>
  spawn(process.execPath, ['--input-type=module', '--eval', `import { createLogger } from '${LOGGER}'; ${program}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });

test('a process that exits, even by an error, writes its buffered lines', async () => {
  const program = run(`
    const logger = createLogger('info');
    process.on('uncaughtException', (error) => { logger.fatal(error.message); process.exit(3); });
    logger.info('before');
    setImmediate(() => { throw new Error('it broke'); });
  `);
  const lines: string[] = [];
  createInterface(program.stdout).on('line', (line) => lines.push((JSON.parse(line) as { msg: string }).msg));
  const [code] = (await once(program, 'close')) as [number];

  expect([code, lines]).toEqual([3, ['before', 'it broke']]);
});

test('a process that logs nothing more still writes its last line', async () => {
  const program = run(`
    createLogger('info').info('alone');
    process.stdin.resume();
  `);
  const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
  program.stdin.end();
  await once(program, 'close');

  expect(JSON.parse(line)).toMatchObject({ msg: 'alone' });
});

test('what a provider throws when Nest creates it is thrown, and not logged as well', async () => {
  const lines: string[] = [];
  const logger = new NestLogger(pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }));
  const error = new Error('a setting that cannot be used');
  const provider = {
    provide: 'of the test',
    useFactory: () => {
      throw error;
    },
  };
  const module = { module: PlantedModule, providers: [provider] };
  await expect(NestFactory.createApplicationContext(module, { logger, abortOnError: false })).rejects.toBe(error);
  expect(lines).toEqual([]);

  new Logger('another').error(error);
  expect(lines).toHaveLength(1);
});
