// A soak from beginning to end: a cluster behind links of our own, the work, the judgement, the files.
// When a promise was broken its history and the servers' logs are kept; the picture always is.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, silentLogger } from '../../src/lib/index.ts';
import { requirementsOfFaults, requirementsOfSoak } from '../bars/of-soak.ts';
import { gatesHold, type Requirement } from '../bars/requirement.ts';
import { type Programs, startExperiment } from '../cluster-under-test.ts';
import type { ServerDisks } from '../disks/server-disks.ts';
import { type FaultKind, SHIM_KINDS, SOAK_KINDS } from '../faults/plan.ts';
import { DISK_BYTES } from '../limits.ts';
import { linksOnThread } from '../network/links.ts';
import { openPeerNetwork } from '../network/peer-network.ts';
import { buildShim } from '../shim/build.ts';
import { type Accounts, accountsOf } from './accounts.ts';
import { soakPicture } from './picture.ts';
import { soakPassed } from './report.ts';
import { type SoakOptions, type SoakResult, soak } from './soak.ts';

export interface SoakRun {
  readonly result: SoakResult;
  readonly accounts: Accounts;
  /** What it says to the bars: with every fault to bar 5, with the faults of others to those. */
  readonly requirements: readonly Requirement[];
  readonly passed: boolean;
  /** Faults that could not be done here, and why. */
  readonly leftOut: readonly string[];
  /** What was written, as lines to be told. */
  readonly files: readonly string[];
}

export type RunOptions = Omit<SoakOptions, 'folder'> &
  Programs & {
    /** The folder chaos/shim, to be compiled. */
    readonly shimSources: string;
    /** The built chaos/network/link-thread.ts. */
    readonly linkThread: string;
  };

export async function runSoak(options: RunOptions): Promise<SoakRun> {
  const { clock, seed, command, launcher } = options;
  const folder = mkdtempSync(join(tmpdir(), 'quorate-soak-'));
  const shim = buildShim(options.shimSources, folder);
  const network = openPeerNetwork(linksOnThread(options.linkThread, seed));
  try {
    const cluster = await startExperiment({
      servers: 3,
      workers: 0,
      runtime: 'simulated',
      command,
      launcher,
      clock,
      logger: silentLogger,
      shim,
      ...(needsMounts(options.kinds) ? { mountBytes: DISK_BYTES } : {}),
      peerRoute: (topology) => network.routeFor(topology),
    });
    try {
      const { kinds, leftOut } = possible(options.kinds, cluster.disks);
      for (const line of leftOut) options.progress(line);
      const from = clock.monotonic();
      const result = await soak(cluster, network, { ...options, kinds, folder });
      const accounts = accountsOf(result.history, result.faults);
      const minutes = (clock.monotonic() - from) / 60_000;
      const isAll = SOAK_KINDS.every((kind) => options.kinds.includes(kind));
      const requirements = isAll
        ? requirementsOfSoak(result, accounts, minutes)
        : requirementsOfFaults(result, accounts);
      const passed = soakPassed(result, accounts) && gatesHold(requirements);
      if (!passed) cpSync(cluster.running.layout.logs, join(folder, 'logs'), { recursive: true });
      return { result, accounts, requirements, passed, leftOut, files: keepFiles(folder, result, accounts, passed) };
    } catch (error) {
      cpSync(cluster.running.layout.logs, join(folder, 'logs'), { recursive: true });
      options.progress(
        `it ended early: ${messageOf(error)}; the history so far and the servers' logs are in ${folder}`,
      );
      throw error;
    } finally {
      await cluster.stop();
    }
  } finally {
    await network.close();
  }
}

/** A disk is filled for real where it can be. */
function needsMounts(kinds: readonly FaultKind[]): boolean {
  return kinds.includes('disk-full') || kinds.includes('disk-fills');
}

/** The kinds that this machine allows, and a line about the others. */
function possible(kinds: readonly FaultKind[], disks: ServerDisks) {
  const { withoutShim, withoutMounts } = disks;
  const isOut = (kind: FaultKind): boolean => {
    if (kind === 'disk-fills') return withoutMounts !== undefined;
    if (kind === 'disk-full') return withoutMounts !== undefined && withoutShim !== undefined;
    return SHIM_KINDS.includes(kind) && withoutShim !== undefined;
  };
  const out = [...new Set(kinds.filter(isOut))];
  if (out.length === 0) return { kinds, leftOut: [] };
  const reasons = [withoutShim, withoutMounts].filter((reason) => reason !== undefined);
  return {
    kinds: kinds.filter((kind) => !isOut(kind)),
    leftOut: [`left out: ${out.join(', ')} (${reasons.join('; ')})`],
  };
}

function keepFiles(folder: string, result: SoakResult, accounts: Accounts, passed: boolean): readonly string[] {
  const picture = join(folder, 'soak.svg');
  writeFileSync(picture, soakPicture(result.history, result.faults, accounts));
  if (!passed) return [`picture: ${picture}`, `history, watches and logs: ${folder}`];
  for (const name of ['history.jsonl', 'watches.jsonl', 'shim.so']) rmSync(join(folder, name), { force: true });
  return [`picture: ${picture}`];
}
