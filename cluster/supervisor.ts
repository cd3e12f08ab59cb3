// Keeps processes running: starts them, restarts the ones that die with back-off, adopts the ones that a killed supervisor
// left behind, and ends exactly those at the end.
//
// A child in the foreground holds the read end of a pipe from us: when we are killed it sees the end and exits. A detached
// child has none and goes on; the next supervisor finds it by its record (pid and start time).
import type { Clock, Logger, Timer } from '../src/lib/index.ts';
import { messageOf, sleep } from '../src/lib/index.ts';
import { type Launch, launchProcess, type ProcessSpec } from './launch.ts';
import {
  ADOPTED_CHECK_MS,
  RESTART_DELAY_MAX_MS,
  RESTART_DELAY_MIN_MS,
  RESTART_FORGIVEN_AFTER_MS,
  STOP_GRACE_MS,
} from './limits.ts';
import {
  forgetProcess,
  identify,
  isAlive,
  type ProcessIdentity,
  recordedProcess,
  recordProcess,
  signalProcess,
} from './process-identity.ts';

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** True: children outlive this process. */
  readonly detached: boolean;
  /** How processes are started: launchProcess unless given. */
  readonly launch?: Launch | undefined;
}

export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly restarts: number;
}

export interface Supervisor {
  /** Starts a process, or adopts it when its record names one that runs. */
  run(spec: ProcessSpec): void;
  list(): readonly SupervisedProcess[];
  /** Ends one process like stop() does, and keeps it no more. Does nothing for a name that it does not keep. */
  end(name: string): Promise<void>;
  /** Ends all with SIGTERM, then with SIGKILL after the grace, those of one `names` group before those of the next. */
  stop(groups?: readonly (readonly string[])[]): Promise<void>;
}

/** How long to wait before the next start: doubles with each death in a row. */
export function restartDelayMs(deathsInARow: number): number {
  return Math.min(RESTART_DELAY_MAX_MS, RESTART_DELAY_MIN_MS * 2 ** Math.max(0, deathsInARow - 1));
}

interface Kept {
  readonly spec: ProcessSpec;
  identity: ProcessIdentity | undefined;
  startedAtMs: number;
  deathsInARow: number;
  restarts: number;
  timer: Timer | undefined;
  /** It is being ended: its death is no reason to start it again. */
  ending: boolean;
}

const NEW = { deathsInARow: 0, restarts: 0, timer: undefined, ending: false } as const;

/** An adopted process is not our child: its end is only seen by looking. */
function watchAdopted(
  entry: Kept,
  identity: ProcessIdentity,
  clock: Clock,
  died: (entry: Kept, reason: string) => void,
): void {
  entry.timer = clock.timer(ADOPTED_CHECK_MS, () => {
    if (isAlive(identity)) watchAdopted(entry, identity, clock, died);
    else died(entry, 'an adopted process ended');
  });
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const kept = new Map<string, Kept>();
  const { clock, logger, launch = launchProcess } = options;
  let stopping = false;

  const start = (entry: Kept): void => {
    entry.timer = undefined;
    entry.startedAtMs = clock.monotonic();
    entry.identity = undefined;
    const child = launch(entry.spec, options.detached, (reason) => died(entry, reason));
    if (child === undefined) return;
    entry.identity = identify(child);
    if (entry.identity !== undefined) recordProcess(entry.spec.processFile, entry.identity);
  };

  /** A full disk or no descriptor left, at this moment, must not end the supervisor and all that it keeps. */
  const restart = (entry: Kept): void => {
    try {
      start(entry);
    } catch (error) {
      if (entry.identity === undefined) died(entry, messageOf(error));
      else logger.warn({ process: entry.spec.name, error: messageOf(error) }, 'a process could not be recorded');
    }
  };

  const died = (entry: Kept, reason: string): void => {
    entry.identity = undefined;
    if (stopping || entry.ending) return;
    const lived = clock.monotonic() - entry.startedAtMs;
    entry.deathsInARow = lived >= RESTART_FORGIVEN_AFTER_MS ? 1 : entry.deathsInARow + 1;
    entry.restarts += 1;
    const delayMs = restartDelayMs(entry.deathsInARow);
    logger.warn({ process: entry.spec.name, reason, restartInMs: delayMs }, 'process ended; it will be restarted');
    entry.timer = clock.timer(delayMs, () => restart(entry));
  };

  return {
    run(spec) {
      const identity = recordedProcess(spec.processFile);
      const startedAtMs = clock.monotonic();
      const entry: Kept = { spec, identity, startedAtMs, ...NEW };
      kept.set(spec.name, entry);
      if (identity === undefined) start(entry);
      else watchAdopted(entry, identity, clock, died);
    },
    list: () =>
      [...kept.values()].map(({ spec: { name }, identity, restarts }) => ({ name, pid: identity?.pid, restarts })),
    async end(name) {
      const entry = kept.get(name);
      if (entry === undefined) return;
      entry.ending = true;
      entry.timer?.cancel();
      await endProcesses([entry.spec.processFile], clock);
      kept.delete(name);
    },
    async stop(groups) {
      stopping = true;
      for (const entry of kept.values()) entry.timer?.cancel();
      for (const group of groups ?? [[...kept.keys()]]) {
        const entries = group.flatMap((name) => kept.get(name) ?? []);
        await endProcesses(
          entries.map((entry) => entry.spec.processFile),
          clock,
        );
      }
      kept.clear();
    },
  };
}

/** Ends the recorded processes, all at once, and forgets them. Waits for the slowest. */
export async function endProcesses(processFiles: readonly string[], clock: Clock): Promise<void> {
  const found = processFiles.flatMap((file) => recordedProcess(file) ?? []);
  for (const identity of found) signalProcess(identity, 'SIGTERM');
  // A stopped process (SIGSTOP) would not hear SIGTERM.
  for (const identity of found) signalProcess(identity, 'SIGCONT');
  const deadline = clock.monotonic() + STOP_GRACE_MS;
  while (found.some(isAlive)) {
    if (clock.monotonic() > deadline) for (const identity of found) signalProcess(identity, 'SIGKILL');
    await sleep(clock, 20);
  }
  for (const file of processFiles) forgetProcess(file);
}
