import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Database } from '../database/database.js';
import { StopsIn } from '../shutdown/shutdown.js';
import { repeatedly } from '../time/repeatedly.js';
import { SECONDS } from '../time/durations.js';

const SAMPLE_EVERY = 2 * SECONDS;
const SAMPLES_AT_START = 3;

/** The first sample includes connecting and planning; later ones measure only the round trip. */
const READ = { name: 'clock-read', text: 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms' };

/** The most by which two clocks may drift apart between two samples: 500 ppm, NTP's limit for adjusting one. */
const DRIFT = (SAMPLE_EVERY * 500) / 1_000_000;

/**
 * The database's time, which all processes share: the service stores and compares times by this clock. It takes a
 * sample every two seconds and continues by the process's monotonic clock, also while the database is away.
 */
@Injectable()
@StopsIn('answers')
export class Clock implements OnModuleInit {
  private readonly logger = new Logger(Clock.name);
  private readonly stopping = new AbortController();
  private offset = Date.now() - performance.now();
  private uncertainty = Infinity;
  private wall = Date.now() - performance.now();
  /**
   * Grows when the database's clock or this process's wall clock was set back: due times may then lie in the future.
   */
  setBacks = 0;

  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    for (let samples = 0; samples < SAMPLES_AT_START; samples += 1) await this.sample();
    repeatedly(
      SAMPLE_EVERY,
      this.stopping.signal,
      () => this.sample(),
      (err) => this.logger.debug({ msg: 'the clock of the database could not be read', err }),
    );
  }

  stop(): void {
    this.stopping.abort();
  }

  now(): Date {
    return new Date(this.offset + performance.now());
  }

  /** The time `ms` milliseconds from now; negative for the past. */
  fromNow(ms: number): Date {
    return new Date(this.offset + performance.now() + ms);
  }

  async sample(): Promise<void> {
    const sent = performance.now();
    const { rows } = await this.database.relaxed.query<{ ms: number }>(READ);
    const half = (performance.now() - sent) / 2;
    if (rows[0]) this.take(rows[0].ms - (sent + half), half);
    const wall = Date.now() - performance.now();
    if (wall < this.wall - SECONDS) this.noteSetBack('the wall clock of this process was set back', this.wall - wall);
    this.wall = wall;
  }

  /** Takes a sample that is more certain than the present offset, or contradicts it. */
  private take(offset: number, uncertainty: number): void {
    this.uncertainty += DRIFT;
    const error = offset - this.offset;
    const contradicts = Math.abs(error) > this.uncertainty + uncertainty;
    if (contradicts && error < -SECONDS) this.noteSetBack('the clock of the database was set back', -error);
    if (!contradicts && uncertainty >= this.uncertainty) return;
    this.offset = offset;
    this.uncertainty = uncertainty;
  }

  private noteSetBack(msg: string, ms: number): void {
    this.setBacks += 1;
    this.logger.warn({ msg, ms: Math.round(ms) });
  }
}
