// The world, built once per process: clock, randomness, logs, signals, and the end of the process. Only this room does so.
import { randomInt } from 'node:crypto';
import { EXIT_WITH_PARENT } from '../../cluster/index.ts';
import { RemovedError } from '../../raft/node/index.ts';
import {
  type Clock,
  createLogger,
  createRegistry,
  type Fatal,
  type Logger,
  messageOf,
  type Prng,
  prng,
  type Registry,
  systemClock,
  UserError,
} from '../lib/index.ts';

/** Where the built files lie: components and threads are started from them. */
export interface BuiltFiles {
  readonly command: URL;
  readonly raftThread: URL;
  readonly logThread: URL;
}

/** What every component is built from. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Prng;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly fatal: Fatal;
  /** Aborts on SIGTERM, and on SIGINT or, when supervised, the supervisor's end. */
  readonly signal: AbortSignal;
}

/** The exit code of a component that stopped itself over a broken invariant, a damaged file or a failed disk. */
const FATAL_EXIT_CODE = 70;
const INTERRUPTED_EXIT_CODE = 130;
const SEED_BOUND = 2 ** 32;

/** Builds the environment of a component. */
export function componentEnvironment(component: string): Environment {
  const logger = createLogger(component);
  const fatal: Fatal = (reason, cause) => {
    if (cause instanceof RemovedError) {
      logger.warn({ remedy: cause.remedy }, cause.message);
      process.exit(cause.exitCode);
    }
    logger.error({ reason, cause: cause === undefined ? undefined : messageOf(cause) }, 'fatal: this process ends');
    process.exit(FATAL_EXIT_CODE);
  };
  process.on('uncaughtException', (error) => fatal(`uncaught: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', (reason) =>
    fatal(`unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`),
  );
  return {
    clock: systemClock(),
    random: prng(randomInt(SEED_BOUND)),
    logger,
    metrics: createRegistry(component),
    fatal,
    signal: endSignal(),
  };
}

/**
 * Aborts on SIGTERM, and on what a terminal sends: SIGHUP and the first SIGINT; a second SIGINT ends the process at once.
 * A supervised component leaves the terminal's signals, which reach its supervisor too, to that one.
 */
export function endSignal(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.on('SIGTERM', abort);
  if (process.env[EXIT_WITH_PARENT] === '1') endWithSupervisor(abort);
  else endWithTerminal(controller);
  return controller.signal;
}

/** The supervisor holds the other end of our standard input: its end is the supervisor's. */
function endWithSupervisor(abort: () => void): void {
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.stdin.on('end', abort);
  process.stdin.on('error', abort);
  process.stdin.resume();
  process.stdin.unref?.();
}

function endWithTerminal(controller: AbortController): void {
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
    controller.abort();
  });
  process.on('SIGHUP', () => controller.abort());
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Says what went wrong and what to do; answers the exit code. */
export function reportFailure(error: unknown, write: (text: string) => void): number {
  if (error instanceof UserError) {
    write(`error: ${error.message}\n${error.remedy}\n`);
    return error.exitCode;
  }
  write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  write('This is a bug in quorate: please report it with the lines above.\n');
  return 1;
}
