// The limits of the consensus core in production: time in ticks of TICK_MS, sizes in bytes of entry data.
import { KIB, MIB } from '../../src/lib/index.ts';
import type { CoreLimits } from './types.ts';

/** The milliseconds that one tick() stands for. Fine enough that randomised timeouts rarely tie. */
export const TICK_MS = 20;

/**
 * Heartbeat 200 ms; election timeouts from 500 to 1,000 ms. house.md (decision 9) has heartbeats of 100 ms: they are what a cluster at rest
 * does most, and no bar needs them, because who loses its connection to the leader knows it at once, and pre-votes guard a leader that
 * was merely late.
 */
export const CORE_LIMITS: CoreLimits = {
  heartbeatTicks: 10,
  electionTimeoutMinTicks: 25,
  electionTimeoutMaxTicks: 50,
  quickPreVotes: 10,
  appendLimitBytes: 256 * KIB,
  inflightLimitMessages: 64,
  inflightLimitBytes: 8 * MIB,
  uncommittedLimitBytes: 64 * MIB,
  applyLimitBytes: 4 * MIB,
};

/** By how much the timeouts before the first, quick pre-votes are shorter. */
export const QUICK_DIVISOR = 5;

/** How long after its better-placed peers an early candidate starts, per rank (see election.ts). */
export const STAGGER_TICKS = 2;

/** A learner keeps up when a round of its catching up took less than this many of the shortest election timeouts (§4.2.1). */
export const CATCH_UP_ELECTION_TIMEOUTS = 1;

/** Members of one cluster: far more than make sense, for each one is told of everything. */
export const MEMBER_LIMIT = 64;
/** The longest id of a member that is added, and the longest address. */
export const MEMBER_ID_LIMIT_CHARACTERS = 100;
export const ADDRESS_LIMIT_CHARACTERS = 300;

/** For how many of the longest election timeouts a leader goes on telling a removed member that it is removed. */
export const DEPARTURE_ELECTION_TIMEOUTS = 5;

/** After this many heartbeat periods without an answer to anything in flight, a follower that is heard is probed again. */
export const STALLED_HEARTBEATS = 3;
