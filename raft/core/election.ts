// Elections: pre-votes, votes, and the two ways to notice that a leader is gone.
//
// How a dead leader is replaced without waiting for a timeout (house.md, decision 9):
// 1. The transport of a follower sees the leader's connection refused: peerUnreachable. It forgets the leader and sends
//    pre-votes; of several followers the first by id begins at once, each next one STAGGER_TICKS later.
// 2. A peer that still hears the leader refuses, and remembers the question. When it loses the leader too, it answers again
//    without being asked: the candidate need not wait for its next timeout.
// 3. A peer that lost the leader and sees a candidate with a log as good as its own grants, and gives up its own early
//    start; with a better log it refuses and begins itself at once, because that candidate cannot win its vote.
//
// A member that has just started waits less (quickPreVotes): the others may have started with it, and its first pre-votes are
// lost on peers that are not up yet. They harm nobody, since who hears a leader refuses them. With the first vote, or a leader
// that is heard, this is over.
import { assert } from '../../src/lib/index.ts';
import { STAGGER_TICKS } from './limits.ts';
import { nextTerm, plus } from './numbers.ts';
import { Progress } from './progress.ts';
import { appendOwn } from './proposals.ts';
import { voteResult } from './quorum.ts';
import { failQuestions } from './reads.ts';
import { becomeFollower } from './role.ts';
import { hardStateIsDurable, mayCampaign, others, otherVoters, resetElectionTimer, type State } from './state.ts';
import type { LogPosition, NodeId, PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from './types.ts';

const NO_DATA = new Uint8Array(0);

/** For everybody but a leader: time passes without one. */
export function tickElection(state: State): void {
  state.electionElapsed += 1;
  if (state.electionElapsed === state.limits.electionTimeoutMinTicks) answerRefused(state);
  if (!mayCampaign(state)) return;
  if (state.earlyTicks !== undefined) {
    state.earlyTicks -= 1;
    if (state.earlyTicks <= 0) {
      preCampaign(state);
      return;
    }
  }
  const isAlone = others(state).length === 0 && state.role === 'follower';
  if (isAlone || state.electionElapsed >= state.electionTimeout) preCampaign(state);
}

/** Leader stickiness (§4.2.3): who hears a leader helps nobody to replace it. */
export function hearsLeader(state: State): boolean {
  if (state.leading !== undefined) return true;
  return state.leader !== undefined && state.electionElapsed < state.limits.electionTimeoutMinTicks;
}

/** The leader is known to be gone: see the story above. */
export function loseLeader(state: State): void {
  const lost = state.leader;
  if (lost === undefined || state.leading !== undefined) return;
  state.leader = undefined;
  failQuestions(state);
  const candidates = [...otherVoters(state), state.id].filter((voter) => voter !== lost).sort();
  const rank = candidates.indexOf(state.id);
  if (mayCampaign(state)) state.earlyTicks = rank * STAGGER_TICKS;
  answerRefused(state);
  if (state.earlyTicks === 0) preCampaign(state);
}

function preCampaign(state: State): void {
  if (state.leader !== undefined) failQuestions(state);
  state.role = 'preCandidate';
  state.leader = undefined;
  state.votes.clear();
  if (state.quickPreVotes > 0) state.quickPreVotes -= 1;
  resetElectionTimer(state);
  answerRefused(state);
  const term = nextTerm(state.term);
  for (const to of otherVoters(state)) {
    state.outbox.send({ kind: 'preVoteRequest', from: state.id, to, term, last: state.log.last() });
  }
  recordPreVote(state, state.id, true);
}

/** A campaign in earnest: a new term, the own vote spent. It leaves when both are durable, and counts then. */
export function campaign(state: State, transfer: boolean): void {
  assert(mayCampaign(state), 'only voters with a sound log campaign');
  state.quickPreVotes = 0;
  becomeFollower(state, nextTerm(state.term), undefined);
  state.role = 'candidate';
  state.votedFor = state.id;
  for (const to of otherVoters(state)) {
    const last = state.log.last();
    state.outbox.send({ kind: 'voteRequest', from: state.id, to, term: state.term, last, transfer });
  }
}

/** To be called when the hard state has become durable: only then does a candidate's vote for itself exist. */
export function countOwnVote(state: State): void {
  if (state.role !== 'candidate' || state.votedFor !== state.id || !hardStateIsDurable(state)) return;
  if (!state.votes.has(state.id)) recordVote(state, state.id, true);
}

export function stepPreVoteRequest(state: State, request: PreVoteRequest): void {
  const isNewer = request.term > state.term;
  if (isNewer && !hearsLeader(state)) {
    judgePreVote(state, request);
    return;
  }
  if (isNewer) state.refused.set(request.from, { request, tick: state.tick });
  refusePreVote(state, request.from);
}

function judgePreVote(state: State, request: PreVoteRequest): void {
  if (state.repair !== undefined || !isUpToDate(state, request.last)) {
    refusePreVote(state, request.from);
    if (state.earlyTicks !== undefined) preCampaign(state);
    return;
  }
  state.earlyTicks = undefined;
  // Whoever is granted one in the hurry of a start is given the time to win.
  if (state.quickPreVotes > 0) resetElectionTimer(state);
  const { from, term } = request;
  state.outbox.send({ kind: 'preVoteResponse', from: state.id, to: from, term, granted: true });
}

/** With the own term, so that a candidate that is behind learns it. */
function refusePreVote(state: State, to: NodeId): void {
  state.outbox.send({ kind: 'preVoteResponse', from: state.id, to, term: state.term, granted: false });
}

/** The reason of earlier refusals is gone. Old questions are forgotten: their candidates have long asked again. */
function answerRefused(state: State): void {
  const questions = [...state.refused.values()];
  state.refused.clear();
  for (const { request, tick } of questions) {
    const isRecent = state.tick - tick < state.limits.electionTimeoutMaxTicks;
    if (isRecent && request.term > state.term) judgePreVote(state, request);
  }
}

export function stepPreVoteResponse(state: State, response: PreVoteResponse): void {
  if (state.role !== 'preCandidate') return;
  if (response.term !== (response.granted ? nextTerm(state.term) : state.term)) return;
  recordPreVote(state, response.from, response.granted);
}

/** A refusal is not final (story, 2), so a lost pre-vote stays open until its timeout. */
function recordPreVote(state: State, voter: NodeId, granted: boolean): void {
  state.votes.set(voter, granted);
  if (voteResult(state.memberships.current, state.votes) === 'won') campaign(state, false);
}

export function stepVoteRequest(state: State, request: VoteRequest): void {
  const isFree = state.votedFor === undefined && state.leader === undefined;
  const mayVote = state.repair === undefined && (isFree || state.votedFor === request.from);
  const granted = request.term === state.term && mayVote && isUpToDate(state, request.last);
  if (granted) {
    state.votedFor = request.from;
    state.quickPreVotes = 0;
    resetElectionTimer(state);
  }
  state.outbox.send({ kind: 'voteResponse', from: state.id, to: request.from, term: state.term, granted });
}

export function stepVoteResponse(state: State, response: VoteResponse): void {
  if (state.role === 'candidate' && response.term === state.term) recordVote(state, response.from, response.granted);
}

function recordVote(state: State, voter: NodeId, granted: boolean): void {
  if (!state.votes.has(voter)) state.votes.set(voter, granted);
  const result = voteResult(state.memberships.current, state.votes);
  if (result === 'won') becomeLeader(state);
  if (result === 'lost') becomeFollower(state, state.term, undefined);
}

/** The first thing a leader does is to append an entry of its term: nothing else lets it commit what it inherited. */
function becomeLeader(state: State): void {
  assert(state.role === 'candidate', 'only a candidate becomes leader');
  assert(hardStateIsDurable(state), 'a leader has its own vote on the disk');
  const next = plus(state.log.lastIndex(), 1);
  state.role = 'leader';
  state.leader = state.id;
  state.votes.clear();
  resetElectionTimer(state);
  state.leading = {
    peers: new Map(others(state).map((peer) => [peer, new Progress(peer, next, state.tick)])),
    catchUps: new Map(),
    firstIndex: next,
    heartbeatElapsed: 0,
    snapshots: [],
    transfer: undefined,
    held: [],
    heldBytes: 0,
    uncommittedBytes: 0,
    full: false,
    starved: new Map(),
    readRound: 0,
    joining: [],
    rounds: [],
  };
  appendOwn(state, 'noop', NO_DATA);
}

/** §5.4.1: the later term wins, then the longer log. */
function isUpToDate(state: State, candidate: LogPosition): boolean {
  const own = state.log.last();
  return candidate.term > own.term || (candidate.term === own.term && candidate.index >= own.index);
}
