// Leadership transfer (§3.10): bring the target up to date, then ask it to campaign at once. It is over when another
// leads, after an election timeout, or when the target is lost; whichever way, the flag does not stay.
import { resumeHeld } from './proposals.ts';
import type { Leading, State } from './state.ts';
import type { NodeId } from './types.ts';

/** Ignored on a node that does not lead, and for a target that does not vote or repairs its log. */
export function transferLeadership(state: State, target: NodeId | undefined): void {
  const { leading } = state;
  if (leading === undefined || leading.transfer !== undefined) return;
  const chosen = target ?? mostCaughtUp(state, leading);
  if (chosen === undefined || chosen === state.id || !state.memberships.current.voters.includes(chosen)) return;
  if (leading.peers.get(chosen)?.repairing === true) return;
  leading.transfer = { target: chosen, startedAtTick: state.tick, told: false };
  continueTransfer(state, leading);
}

export function mostCaughtUp(state: State, leading: Leading): NodeId | undefined {
  const { voters } = state.memberships.current;
  const candidates = [...leading.peers.values()].filter((peer) => voters.includes(peer.id) && !peer.repairing);
  return candidates.sort((a, b) => b.match - a.match || b.heardAtTick - a.heardAtTick)[0]?.id;
}

/** Tells the target once it holds the whole log. Nothing is appended meanwhile, so it gets there. */
export function continueTransfer(state: State, leading: Leading): void {
  const { transfer } = leading;
  if (transfer === undefined || transfer.told) return;
  if (leading.peers.get(transfer.target)?.match !== state.log.lastIndex()) return;
  transfer.told = true;
  state.outbox.send({ kind: 'timeoutNow', from: state.id, to: transfer.target, term: state.term });
}

export function tickTransfer(state: State, leading: Leading): void {
  const { transfer } = leading;
  if (transfer === undefined) return;
  if (state.tick - transfer.startedAtTick >= state.limits.electionTimeoutMinTicks) endTransfer(state, leading);
}

/** Called when the target is lost, or took too long. */
export function endTransfer(state: State, leading: Leading): void {
  leading.transfer = undefined;
  resumeHeld(state, leading);
}
