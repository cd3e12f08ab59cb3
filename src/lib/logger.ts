// The log of a component: one JSON line per event on standard error, or readable lines on a terminal.
import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What the rooms know of logging. Fields first, then a sentence; never a formatted string of fields. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/** Lines that cannot be written (a full disk) wait up to here; later ones are dropped. */
const UNWRITTEN_LIMIT_BYTES = 1_048_576;

/** A logger that writes JSON lines to file descriptor `destination` (2 is standard error). */
export function createLogger(component: string, level: LogLevel = 'info', destination: number | string = 2): Logger {
  const sink = pino.destination({ dest: destination, sync: true, maxLength: UNWRITTEN_LIMIT_BYTES });
  // A closed terminal or a full disk takes the lines, not the process.
  sink.on('error', () => undefined);
  return pino({ level, base: { component }, timestamp: pino.stdTimeFunctions.isoTime }, sink);
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
