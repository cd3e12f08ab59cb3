// The change from the former cluster to the recovered one, as a journal that survives a crash:
//
//   1. The new servers are complete and durable in the folder `recovering`. The former ones are untouched.
//   2. The journal is written: from here on the recovery only goes forward, and `up` refuses until it is done.
//   3. The former servers go aside, the new ones take their places, the record of the cluster is exchanged.
//   4. The journal goes.
//
// Each step may be done again, so whoever finds a journal does them all.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Layout, layoutOf, type Topology, writeTopology } from '../../../cluster/index.ts';
import { messageOf, UserError } from '../../lib/index.ts';
import { syncFolder } from '../snapshot/archive-file.ts';

export interface RecoveryJournal {
  readonly formatVersion: 1;
  /** The folder, in the data directory, that everything former goes to. */
  readonly aside: string;
  /** Servers that have a folder of the former cluster. */
  readonly former: readonly string[];
  readonly topology: Topology;
}

/** Where the new servers are made: laid out like a data directory. */
export function stagingOf(layout: Layout): Layout {
  return layoutOf(join(layout.root, 'recovering'));
}

/** The recovery that was interrupted, if one was. Throws UserError when it cannot be read. */
export function readJournal(layout: Layout): RecoveryJournal | undefined {
  if (!existsSync(layout.recoveryFile)) return undefined;
  try {
    return JSON.parse(readFileSync(layout.recoveryFile, 'utf8')) as RecoveryJournal;
  } catch (error) {
    throw new UserError(
      `${layout.recoveryFile} cannot be read: ${messageOf(error)}`,
      `The new servers are in ${stagingOf(layout).root}, the former ones in ${layout.root}/before-recover-…: put them in place by hand, or restore a copy.`,
    );
  }
}

/** From here on the recovery goes forward. */
export async function writeJournal(layout: Layout, journal: RecoveryJournal): Promise<void> {
  const draft = `${layout.recoveryFile}.new`;
  writeFileSync(draft, `${JSON.stringify(journal, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(draft, layout.recoveryFile);
  await syncFolder(layout.root);
}

/** Does what the journal says, from wherever a crash has left it. */
export async function finishRecovery(layout: Layout, { aside, former, topology }: RecoveryJournal): Promise<void> {
  const past = layoutOf(join(layout.root, aside));
  mkdirSync(past.member(''), { recursive: true, mode: 0o700 });
  if (!existsSync(past.clusterFile)) {
    writeFileSync(past.clusterFile, readFileSync(layout.clusterFile), { mode: 0o600, flush: true });
  }
  for (const id of former) if (!existsSync(past.member(id))) renameSync(layout.member(id), past.member(id));
  await syncFolder(past.member(''));
  const staging = stagingOf(layout);
  for (const { id } of topology.servers)
    if (existsSync(staging.member(id))) renameSync(staging.member(id), layout.member(id));
  await syncFolder(dirname(layout.member('x')));
  writeTopology(layout, topology);
  await syncFolder(layout.root);
  rmSync(layout.recoveryFile);
  rmSync(staging.root, { recursive: true, force: true });
  await syncFolder(layout.root);
}
