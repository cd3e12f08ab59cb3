// `quorate up --detach`: leaves a supervisor running behind, and waits in front until it says that the cluster is ready
// or why it cannot be. The two talk over the pipe that Node.js gives a child; afterwards the supervisor is on its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layoutOf, SUPERVISOR } from '../../cluster/index.ts';
import { formatFeatureGates } from '../api/index.ts';
import { messageOf, UserError, unreachable } from '../lib/index.ts';
import type { BuiltFiles } from './environment.ts';
import type { ReadyReport } from './ready-text.ts';
import type { UpOptions, UpReporter } from './up.ts';

type Report =
  | { readonly kind: 'say'; readonly line: string }
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'ready'; readonly report: ReadyReport }
  | { readonly kind: 'failed'; readonly message: string; readonly remedy: string; readonly exitCode: number };

/**
 * The front: starts the supervisor, passes its reports on, returns when the cluster is ready. Throws what the supervisor failed
 * with, and lets go of it in any case: each of the two would otherwise wait for the end of the other.
 */
export async function upDetached(options: UpOptions, files: BuiltFiles, reporter: UpReporter): Promise<void> {
  const child = spawnSupervisor(options, files);
  try {
    await reported(child, reporter);
  } finally {
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** Passes reports on until the one that ends the waiting. */
function reported(child: ChildProcess, reporter: UpReporter): Promise<void> {
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) =>
      fail(
        new UserError(`the supervisor ended (exit code ${code})`, 'Read logs/supervisor.log in the data directory.'),
      ),
    );
    child.on('message', (message) => {
      const report = message as Report;
      switch (report.kind) {
        case 'say':
          return reporter.say(report.line);
        case 'progress':
          return reporter.progress(report.line);
        case 'ready':
          reporter.ready(report.report);
          return done();
        case 'failed':
          return fail(new UserError(report.message, report.remedy, { exitCode: report.exitCode }));
        default:
          return unreachable(report);
      }
    });
  });
}

function spawnSupervisor(options: UpOptions, files: BuiltFiles): ChildProcess {
  const layout = layoutOf(resolve(options.dataDir));
  mkdirSync(layout.logs, { recursive: true, mode: 0o700 });
  const log = openSync(layout.logFile(SUPERVISOR), 'a', 0o600);
  const given = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [name, String(value)];
  try {
    return spawn(
      process.execPath,
      [
        fileURLToPath(files.command),
        'supervise',
        ...given('--data-dir', layout.root),
        ...given('--servers', options.servers),
        ...given('--workers', options.workers),
        ...given('--port', options.port),
        ...given('--runtime', options.runtime),
        ...given('--disk-reserve', options.diskReserveBytes),
        ...given('--feature-gates', options.featureGates && formatFeatureGates(options.featureGates)),
      ],
      { detached: true, stdio: ['ignore', log, log, 'ipc'] },
    );
  } finally {
    closeSync(log);
  }
}

/** The back: reports to the process that started this one, as long as it is there. */
export function parentReporter(): UpReporter & { failed(error: unknown): void } {
  const send = (report: Report): void => {
    if (process.connected) process.send?.(report);
  };
  process.on('disconnect', () => undefined);
  return {
    say: (line) => send({ kind: 'say', line }),
    progress: (line) => send({ kind: 'progress', line }),
    ready: (report) => send({ kind: 'ready', report }),
    failed(error) {
      const known = error instanceof UserError;
      send({
        kind: 'failed',
        message: messageOf(error),
        remedy: known ? error.remedy : 'This is a bug in quorate: please report it.',
        exitCode: known ? error.exitCode : 1,
      });
    },
  };
}
