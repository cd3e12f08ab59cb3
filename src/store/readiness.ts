// Why a server cannot answer current reads and writes now, in the words that its status and /readyz use.

export type Phase = 'new' | 'starting' | 'running' | 'failed' | 'stopped';

export interface Readiness {
  readonly phase: Phase;
  /** Why it takes part no more, if so. */
  readonly failure: string | undefined;
  /** What is being repaired after damage, and how far that has come. */
  readonly repairing: string | undefined;
  readonly hasLeader: boolean;
  /** How far a snapshot has come that is being received. */
  readonly receiving: string | undefined;
  readonly caughtUp: boolean;
  readonly registered: boolean;
  readonly overloaded: boolean;
}

/** Undefined: ready. */
export function unreadyReason(readiness: Readiness): string | undefined {
  const { phase, failure, repairing, hasLeader, receiving, caughtUp, registered, overloaded } = readiness;
  if (failure !== undefined) return failure;
  if (phase === 'stopped') return 'the store has stopped';
  if (phase !== 'running') return 'starting';
  if (repairing !== undefined) return repairing;
  if (!hasLeader) return 'no leader: too few members can be reached, or an election is under way';
  if (receiving !== undefined) return `catching up: ${receiving}`;
  if (!caughtUp) return 'catching up with the leader';
  if (!registered) return 'joining: the session of this server is not registered yet';
  if (overloaded) return 'the state database is behind: its disk is too slow';
  return undefined;
}
