// How a process of the cluster is started.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** Tells a child that its standard input ends when its supervisor does, and that the terminal's signals are its supervisor's. */
export const EXIT_WITH_PARENT = 'QUORATE_EXIT_WITH_PARENT';

/** A process to be kept running. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to our own. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Where its pid and start time are recorded. */
  readonly processFile: string;
}

/**
 * Starts a process whose output goes to its log; answers its pid. `ended` is called once, also when it cannot start. Throws when its
 * log cannot be opened.
 */
export type Launch = (spec: ProcessSpec, detached: boolean, ended: (reason: string) => void) => number | undefined;

export const launchProcess: Launch = (spec, detached, ended) => {
  const log = openSync(spec.logFile, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      stdio: [detached ? 'ignore' : 'pipe', log, log],
      // In our session, not one of their own: Linux weighs sessions against each other before it looks at threads, so that a
      // Raft thread, which needs little but at once, would wait behind the busy sessions of its neighbours. What the terminal
      // sends (Ctrl-C) reaches children too; they leave it to us, who end them in order (EXIT_WITH_PARENT).
      env: { ...process.env, ...spec.environment, ...(detached ? {} : { [EXIT_WITH_PARENT]: '1' }) },
    });
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.stdin?.on('error', () => undefined);
    return child.pid;
  } finally {
    closeSync(log);
  }
};
