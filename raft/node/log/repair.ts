// The place of a damaged log is taken by a fresh one of the same member, which is filled by its peers (raft/core/repair.ts).
// The damaged files are kept in quarantine. A crash at any step is made good by the next start:
//
// 1. The identity says, in one atomic step, that a repair has begun, and what the log had promised of terms and votes.
// 2. The damaged files are set aside, each durably, and only then are new ones made. So a file that is there although one of its
//    name is set aside already is a new one that was not finished: it is removed.
// 3. The identity gets the name of the new log, which says "repairing" until the log holds what the lost one may have acknowledged.
import type { HardState, NodeId } from '../../core/index.ts';
import type { Disk, Quarantine } from '../ports.ts';
import { createLog } from './create.ts';
import type { DamageError } from './damage.ts';
import {
  IDENTITY_DRAFT_FILE,
  IDENTITY_FILE,
  identitySteps,
  type LogRepair,
  nextIdentity,
  type WrittenIdentity,
} from './identity.ts';
import { JobRunner } from './job.ts';
import type { LogLimits, RaftLog } from './log.ts';

/** What a repair needs. */
export interface RepairMeans {
  readonly quarantine: Quarantine;
  /** Names the quarantine of a repair that begins now: the time. */
  readonly label: string;
  /** Names the new log; never used before. */
  readonly incarnation: string;
}

/** Throws UserError when the quarantine admits no more. */
export function beginRepair(
  disk: Disk,
  written: WrittenIdentity,
  lost: { readonly damage: DamageError; readonly hardState: HardState },
  limits: LogLimits,
  means: RepairMeans,
): RaftLog {
  means.quarantine.admit();
  const { file, found } = lost.damage;
  const hardState = spent(lost.hardState, written.nodeId);
  const repair: LogRepair = { stage: 'begun', label: means.label, file, found, hardState };
  removeDraft(disk);
  const runner = new JobRunner(disk);
  runner.run({ id: 0, steps: identitySteps({ ...written, repair }) });
  return continueRepair(disk, written, repair, limits, means);
}

/** From step 2 on. */
export function continueRepair(
  disk: Disk,
  written: WrittenIdentity,
  repair: LogRepair,
  limits: LogLimits,
  { quarantine, incarnation }: RepairMeans,
): RaftLog {
  removeDraft(disk);
  for (const name of disk.list()) if (name !== IDENTITY_FILE) quarantine.setAside(name, repair.label);
  const identity = nextIdentity(written, incarnation, { ...repair, stage: 'receiving' });
  return createLog(disk, identity, limits, repair.hardState);
}

/** A vote that was not given in this term is never given: the marker knows of none, but nothing depends on that. */
function spent({ term, votedFor }: HardState, self: NodeId): HardState {
  return { term, votedFor: votedFor ?? self };
}

function removeDraft(disk: Disk): void {
  if (disk.list().includes(IDENTITY_DRAFT_FILE)) disk.remove(IDENTITY_DRAFT_FILE);
}
