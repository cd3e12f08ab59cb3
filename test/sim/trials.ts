// Trials: one fault alone, which a cluster must get over by itself while it lasts. Servers that a trial does not hurt keep
// the promise that no client of a living server sees a failure.

import type { NodeId } from '../../raft/core/index.ts';
import type { Faults } from './faults.ts';
import type { SimServer } from './server.ts';
import { type Micros, SECOND } from './time.ts';

/** How long a trial lasts: time to notice, to elect, and to show it. */
export const TRIAL_TIME: Micros = 5 * SECOND;

/** A trial that has begun. */
export interface Trial {
  readonly kind: string;
  /** Servers whose own clients may see failures. */
  readonly hurt: ReadonlySet<NodeId>;
  /** What must hold at its end, beside that operations are acknowledged. */
  readonly expects: 'a leader' | 'another leader' | 'the same leader';
}

/** Begins the fault; returns the servers that it hurts. */
type Begin = (faults: Faults) => readonly SimServer[] | undefined;

interface TrialKind {
  readonly begin: Begin;
  readonly expects: Trial['expects'];
}

const kind = (begin: Begin, expects: Trial['expects'] = 'a leader'): TrialKind => ({ begin, expects });

export const TRIALS: Readonly<Record<string, TrialKind>> = {
  'trial: leader killed': kind((f) => f.kill(f.leader())),
  'trial: leader without power': kind((f) => f.kill(f.leader(), true)),
  'trial: leader paused': kind((f) => f.pause(f.leader(), f.trialEnd())),
  'trial: leader isolated': kind((f) => f.isolate(f.leader(), 'both')),
  'trial: leader muted': kind((f) => f.isolate(f.leader(), 'out')),
  'trial: leader deafened': kind((f) => f.isolate(f.leader(), 'in')),
  'trial: leader cut from one': kind((f) => f.cutLeader()),
  'trial: disk of the leader hangs': kind((f) => f.hang(f.leader()), 'another leader'),
  'trial: transfer to a paused server': kind((f) => f.transferToPaused(f.trialEnd())),
  'trial: transfer to a muted server': kind((f) => f.transferToMuted()),
  'trial: connections keep breaking': kind((f) => f.flap()),
  'trial: follower cut off and back': kind((f) => f.cutOffAndBack(), 'the same leader'),
};
