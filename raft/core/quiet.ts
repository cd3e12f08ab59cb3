// How long a core may be left alone. Most ticks do nothing but count; who knows how many of them lie ahead need not be woken for each.
import { isSettled } from './change.ts';
import { majorityHeardAtTick } from './replication.ts';
import { type Leading, mayCampaign, others, type State } from './state.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** How many ticks from now the first is that may do more than count: 1 is the next. Any input can bring it nearer. */
export function ticksUntilDue(state: State): number {
  const own = state.leading === undefined ? untilElection(state) : untilLeaderActs(state, state.leading);
  return Math.max(1, Math.min(own, untilQuestionIsRepeated(state)));
}

function untilElection(state: State): number {
  const { electionElapsed, electionTimeout, earlyTicks, limits } = state;
  // Who still hears a leader answers those it has refused when it does no longer (election.ts).
  const stickiness = limits.electionTimeoutMinTicks - electionElapsed;
  const refused = state.refused.size > 0 && stickiness > 0 ? stickiness : NEVER;
  if (!mayCampaign(state)) return refused;
  // An early candidate takes in its mail before each step: another may have been earlier. So does one whose timeouts are short.
  if (earlyTicks !== undefined || state.quickPreVotes > 0 || (state.role === 'follower' && others(state).length === 0))
    return 1;
  return Math.min(refused, electionTimeout - electionElapsed);
}

function untilLeaderActs(state: State, leading: Leading): number {
  const { limits, tick } = state;
  // What is seldom there is looked at in each tick.
  if (leading.transfer !== undefined || leading.joining.length > 0 || membersChange(state, leading)) return 1;
  const heartbeat = limits.heartbeatTicks - leading.heartbeatElapsed;
  const contact = majorityHeardAtTick(state, leading) + limits.electionTimeoutMinTicks - tick;
  return Math.min(heartbeat, contact);
}

function membersChange(state: State, leading: Leading): boolean {
  const { learners, voters } = state.memberships.current;
  if (!isSettled(state) || learners.length > 0 || !voters.includes(state.id)) return true;
  for (const peer of leading.peers.values()) if (peer.departedAtTick !== undefined) return true;
  return false;
}

function untilQuestionIsRepeated({ questions, leader, tick, limits }: State): number {
  let until = NEVER;
  if (leader === undefined) return until;
  for (const { askedAtTick } of questions.asked.values())
    until = Math.min(until, askedAtTick + limits.electionTimeoutMinTicks - tick);
  return until;
}
