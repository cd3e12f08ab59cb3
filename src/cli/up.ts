// `quorate up` in the foreground: starts a cluster, says when it is ready, and runs until it is told to end.
// The same function is the supervisor behind `--detach`; then its reports go to the process that waits in front.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layoutOf, type RunningCluster, readTopology, startCluster, waitUntilReady } from '../../cluster/index.ts';
import type { FeatureGates } from '../api/index.ts';
import { createLogger, systemClock } from '../lib/index.ts';
import { aborted, type BuiltFiles, endSignal } from './environment.ts';
import { coloursFor } from './output.ts';
import { type ReadyReport, readyText } from './ready-text.ts';
import { chooseRuntime, type RuntimeWish } from './runtime-choice.ts';

export interface UpOptions {
  readonly dataDir: string;
  readonly servers: number | undefined;
  readonly workers: number | undefined;
  readonly port: number | undefined;
  readonly runtime: RuntimeWish;
  readonly diskReserveBytes: number | undefined;
  readonly featureGates: FeatureGates | undefined;
  readonly output: 'text' | 'json';
}

/** Where the progress of `up` goes. */
export interface UpReporter {
  say(line: string): void;
  progress(line: string): void;
  ready(report: ReadyReport): void;
}

/** Reports to this process's terminal, or one JSON line on standard output when the cluster is ready. */
export function terminalReporter(output: 'text' | 'json'): UpReporter {
  const { dim } = coloursFor(process.stderr);
  return {
    say: (line) => void process.stderr.write(`${line}\n`),
    progress: (line) => void process.stderr.write(`${dim(`… ${line}`)}\n`),
    ready: (report) =>
      void process.stdout.write(output === 'json' ? `${JSON.stringify(report.status)}\n` : readyText(report)),
  };
}

/** Runs a cluster until the end signal, and stops it. */
export async function up(
  options: UpOptions,
  detached: boolean,
  files: BuiltFiles,
  reporter: UpReporter,
): Promise<void> {
  const clock = systemClock();
  const begun = clock.monotonic();
  const signal = endSignal();
  const choice = await chooseRuntime(options.runtime);
  reporter.say(choice.message);
  const logger = createLogger('supervisor', detached ? 'info' : 'silent');
  if (readTopology(layoutOf(resolve(options.dataDir))) !== undefined) {
    // Only here: it reads stores, and what a new cluster does not need is not loaded before its servers are started.
    const { refuseLostQuorum } = await import('./recover/lost-quorum.ts');
    await refuseLostQuorum(options.dataDir, clock, logger);
  }
  const cluster = await startCluster({
    ...options,
    dataDirectory: options.dataDir,
    runtime: choice.runtime,
    hostAddressForPods: choice.hostAddressForPods,
    detached,
    command: [process.execPath, fileURLToPath(files.command)],
    clock,
    logger,
  });
  if (cluster.kept.length > 0) reporter.say(`still running, and kept as they are: ${cluster.kept.join(', ')}`);
  try {
    const status = await waitUntilReady(cluster, clock, signal, reporter.progress);
    reporter.ready({ status, tookMs: clock.monotonic() - begun, resumed: cluster.resumed, detached });
    await aborted(signal);
  } finally {
    await stopVisibly(cluster, reporter);
  }
}

async function stopVisibly(cluster: RunningCluster, reporter: UpReporter): Promise<void> {
  reporter.say('stopping the cluster; its objects stay in the data directory');
  await cluster.stop();
}
