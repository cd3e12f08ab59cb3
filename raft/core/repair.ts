// A member that lost its log to damage, and knows what it had promised of terms and votes (house.md, decision 10). What it had
// acknowledged is gone, so it must not help to elect a leader that lacks it, nor count for anybody:
//
// 1. It grants no vote, does not campaign, and says in each answer that it repairs, and which of its logs it speaks of. Leaders
//    count it in no quorum, and forget what its former log acknowledged, also when that arrives late.
// 2. Any leader was therefore elected by others only. A majority acknowledged each commit, and all of them but this member are among
//    those others or meet them: the leader holds every commit.
// 3. It asks the leader for a read index, with the question saying which log is spoken of, so that the index covers what was
//    committed with the help of the former log, and nothing is committed with its help later.
// 4. When its own log holds, durably, what is committed up to that index, it lacks nothing that was ever committed. That is made
//    durable; only then does it vote and count again.
import { ORIGIN, smaller } from './numbers.ts';
import type { State } from './state.ts';
import type { LogIndex, LogLife, RepairProgress } from './types.ts';

/** The context of the question for the index where the repair ends. The driver's own begin above it. */
export const REPAIR_CONTEXT = 0;

export interface Repair {
  /** Waits for an answer. */
  asked: boolean;
  target: LogIndex | undefined;
}

/** What an answer says of the log it speaks of: nothing for a first log. */
export function lifeOf(state: State): { readonly life?: LogLife } {
  const { generation, repair } = state;
  return generation === 0 ? {} : { life: { generation, repairing: repair !== undefined } };
}

/** Asks with the reads of this turn, once a leader is known. */
export function askWhereRepairEnds(state: State): void {
  const { repair, leader } = state;
  if (repair === undefined || repair.asked || repair.target !== undefined || leader === undefined) return;
  repair.asked = true;
  state.questions.joining.push(REPAIR_CONTEXT);
}

export function repairAnswered(state: State, index: LogIndex | undefined): void {
  if (state.repair === undefined) return;
  state.repair.asked = false;
  state.repair.target ??= index;
}

/** Everything up to the target is known to be committed, and durable here. */
export function repairIsOver(state: State): boolean {
  const { repair } = state;
  return repair?.target !== undefined && reached(state) >= repair.target;
}

export function repairProgress(state: State): RepairProgress | undefined {
  return state.repair === undefined ? undefined : { reached: reached(state), target: state.repair.target };
}

/** Committed entries are the same everywhere; behind them this log may hold what a leader will overwrite. */
function reached(state: State): LogIndex {
  return smaller(state.commit, state.log.durableIndex());
}

/** What a heartbeat says of the commit index; nothing when it is about another log than this one. */
export function commitToldOf(
  state: State,
  told: { readonly commit: LogIndex; readonly generation?: number },
): LogIndex {
  return (told.generation ?? 0) === state.generation ? told.commit : ORIGIN;
}
