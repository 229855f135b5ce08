import type { LoggerService } from '@nestjs/common';
import { type Logger as Pino, pino, stdSerializers } from 'pino';
import { isoTime } from '../time/iso-time.js';

const PAGE_BYTES = 4096;
const LONGEST_HELD_MS = 100;

/**
 * Structured lines on standard output, written asynchronously: a page at a time, or after 100 ms, and the rest when the
 * process exits. Only a killed process loses lines.
 */
export function createLogger(level: string): Pino {
  const destination = pino.destination({
    dest: 1,
    sync: false,
    minLength: PAGE_BYTES,
    periodicFlush: LONGEST_HELD_MS,
  });
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${isoTime(new Date())}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serialized },
    },
    destination,
  );
}

/** An error without the values of a database error, which may be a client's. */
function serialized(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message, stack, ...('code' in error && { code: error.code }) };
}

/**
 * Nest's logger, on pino. A message is a string or an object with a `msg`; Nest adds the context as the last argument.
 */
export class NestLogger implements LoggerService {
  private readonly children = new Map<string, Pino>();

  constructor(private readonly pino: Pino) {}

  log(message: unknown, ...rest: unknown[]): void {
    // Nest logs each module and route at the start, which only developers of the service need.
    this.write(CHATTY.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // Nest logs with a stack what it then throws, and what starts the service says it once: bootstrap.ts.
    this.write(rest.at(-1) === THROWN_AS_WELL ? 'debug' : 'error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const [stack] = rest.length > 1 ? rest : [];
    const line = typeof message === 'object' && message !== null ? message : { msg: String(message) };
    this.of(rest.at(-1))[level](typeof stack === 'string' ? { stack, ...line } : line);
  }

  private of(context: unknown): Pino {
    if (typeof context !== 'string' || context === '') return this.pino;
    const child = this.children.get(context) ?? this.pino.child({ context });
    this.children.set(context, child);
    return child;
  }
}

const THROWN_AS_WELL = 'ExceptionHandler';

const CHATTY = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'WebSocketsController',
]);
