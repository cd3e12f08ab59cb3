// Reads without a log entry (ReadIndex, dissertation §6.4). A read may be answered with a commit index only if the leader
// was still the leader after the read arrived. All reads of one turn share a round: a number that rides on heartbeats
// and comes back with their answers.
//
// 1. Reads wait until the leader has committed an entry of its own term: before, its commit index may be behind.
// 2. A round takes the commit index when it begins, after all its reads have arrived.
// 3. A majority that echoes round r, in this term, confirms r and everything before it. While a round is open the next one waits
//    for it, or for a tick.
// 4. A follower's question is its echo: when it was made, after all its reads had arrived there, that voter had not gone on to
//    a later term. Where the leader and that voter are a majority (two or three voters), no round is needed: had anybody led a
//    later term before, one of the two would know.
// 5. Losing the leadership refuses every waiting read: there is no late answer.
import { advanceCommit, reachedByCounting } from './counting.ts';
import { lifeOf, REPAIR_CONTEXT, repairAnswered } from './repair.ts';
import type { Leading, State, WaitingRead } from './state.ts';
import type { LogIndex, LogLife, NodeId, ReadIndexRequest, ReadIndexResponse } from './types.ts';

export function readIndex(state: State, context: number): void {
  if (state.leading !== undefined) state.leading.joining.push({ from: undefined, context });
  else if (state.leader !== undefined) state.questions.joining.push(context);
  else state.reads.push({ context, index: undefined });
}

export function stepReadIndexRequest(state: State, message: ReadIndexRequest): void {
  // Before the index is taken: it must not rest on what a log acknowledged that the asker has lost.
  if (state.leading !== undefined && !speaks(state, state.leading, message)) return;
  const read: WaitingRead = { from: message.from, context: message.context };
  if (state.leading === undefined) answer(state, read, undefined);
  else if (provesLeadership(state, state.leading, message.from)) answer(state, read, state.commit);
  else state.leading.joining.push(read);
}

/** Whether this leader and `voter`, who has just spoken in its term, are a quorum of those who count (story, 1 and 4). */
function provesLeadership(state: State, leading: Leading, voter: NodeId): boolean {
  if (state.commit < leading.firstIndex) return false;
  return reachedByCounting(state, leading, 1, (peer) => (peer.id === voter ? 1 : 0)) === 1;
}

/** Returns true when the answer says that the asked node does not lead. */
export function stepReadIndexResponse(state: State, message: ReadIndexResponse): boolean {
  const question = state.questions.asked.get(message.context);
  if (question === undefined) return false;
  state.questions.asked.delete(message.context);
  for (const context of question.contexts) take(state, context, message.index);
  return message.index === undefined;
}

/** Asks the leader for all reads of this turn at once. */
export function flushQuestions(state: State): void {
  const { questions, leader } = state;
  if (questions.joining.length === 0 || leader === undefined) return;
  const context = questions.next;
  questions.next += 1;
  questions.asked.set(context, { contexts: questions.joining, askedAtTick: state.tick });
  questions.joining = [];
  ask(state, leader, context);
}

/** A question may be lost on its way while the leader stays: it is asked again. A second answer finds nothing to answer. */
export function repeatQuestions(state: State): void {
  const { questions, leader } = state;
  if (leader === undefined) return;
  for (const [context, question] of questions.asked) {
    if (state.tick - question.askedAtTick < state.limits.electionTimeoutMinTicks) continue;
    question.askedAtTick = state.tick;
    ask(state, leader, context);
  }
}

function ask(state: State, to: NodeId, context: number): void {
  const { id: from, term } = state;
  state.outbox.send({ kind: 'readIndexRequest', from, to, term, context, ...lifeOf(state) });
}

function take(state: State, context: number, index: LogIndex | undefined): void {
  if (context === REPAIR_CONTEXT) repairAnswered(state, index);
  else state.reads.push({ context, index });
}

/** The leader is lost or another: nobody will answer what was asked. */
export function failQuestions(state: State): void {
  const { questions } = state;
  const contexts = [...questions.asked.values()].flatMap((question) => question.contexts);
  for (const context of [...contexts, ...questions.joining]) take(state, context, undefined);
  questions.asked.clear();
  questions.joining = [];
}

/** The leadership is over: see 5. */
export function failLeaderReads(state: State, leading: Leading): void {
  for (const read of [...leading.rounds.flatMap((round) => round.reads), ...leading.joining]) {
    answer(state, read, undefined);
  }
}

/** Begins a round for the reads that wait, unless one of this tick is open still. Returns true if heartbeats must carry it. */
export function beginRound(state: State, leading: Leading): boolean {
  if (leading.joining.length === 0 || state.commit < leading.firstIndex) return false;
  if (leading.rounds.at(-1)?.begunAtTick === state.tick) return false;
  leading.readRound += 1;
  leading.rounds.push({
    round: leading.readRound,
    index: state.commit,
    reads: leading.joining,
    begunAtTick: state.tick,
  });
  leading.joining = [];
  confirmRounds(state, leading);
  return leading.rounds.length > 0;
}

/** Answers the rounds that a majority has confirmed. */
export function confirmRounds(state: State, leading: Leading): void {
  const reached = reachedByCounting(state, leading, leading.readRound, (peer) => peer.readRound);
  for (let oldest = leading.rounds[0]; oldest !== undefined && oldest.round <= reached; oldest = leading.rounds[0]) {
    leading.rounds.shift();
    for (const read of oldest.reads) answer(state, read, oldest.index);
  }
}

/**
 * A follower says which log it speaks of. Returns false when that one is known to be lost. With what it says it may count
 * again, and with it what it acknowledged while it did not.
 */
export function speaks(
  state: State,
  leading: Leading,
  message: { readonly from: NodeId; readonly life?: LogLife },
): boolean {
  const peer = leading.peers.get(message.from);
  if (peer === undefined) return true;
  const wasRepairing = peer.repairing;
  if (!peer.speaks(message.life, state.log.lastIndex())) return false;
  if (wasRepairing && !peer.repairing) {
    advanceCommit(state, leading);
    confirmRounds(state, leading);
  }
  return true;
}

function answer(state: State, read: WaitingRead, index: LogIndex | undefined): void {
  const { from, context } = read;
  if (from === undefined) state.reads.push({ context, index });
  else state.outbox.send({ kind: 'readIndexResponse', from: state.id, to: from, term: state.term, context, index });
}
