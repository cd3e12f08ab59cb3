// Proposals: appended by the leader, forwarded once by everybody else, dropped (and reported) when nobody can take them.
// A drop is told to its owner when a second attempt can succeed, so that nobody spins.
import { plus } from './numbers.ts';
import { appendEntries, type Leading, type State } from './state.ts';
import type { Entry, EntryKind, ForwardedProposal, NodeId, ProposalsDropped } from './types.ts';

export function propose(state: State, commands: readonly Uint8Array[]): void {
  if (commands.length === 0) return;
  if (state.leading !== undefined) accept(state, state.leading, undefined, commands);
  else if (state.leader !== undefined) forward(state, state.leader, commands);
  else state.dropped += commands.length;
}

/** In messages of at most appendLimitBytes, or one command. */
function forward(state: State, leader: NodeId, commands: readonly Uint8Array[]): void {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (batch.length === 0) return;
    state.outbox.send({ kind: 'forwardedProposal', from: state.id, to: leader, term: state.term, commands: batch });
    batch = [];
    bytes = 0;
  };
  for (const command of commands) {
    if (bytes + command.length > state.limits.appendLimitBytes) flush();
    batch.push(command);
    bytes += command.length;
  }
  flush();
}

/** Never forwarded again: a node that does not lead says so, and the owner decides. */
export function stepForwardedProposal(state: State, message: ForwardedProposal): void {
  if (state.leading !== undefined) accept(state, state.leading, message.from, message.commands);
  else tellDropped(state, message.from, message.commands.length, false);
}

export function stepProposalsDropped(state: State, message: ProposalsDropped): void {
  state.dropped += message.count;
}

function accept(state: State, leading: Leading, from: NodeId | undefined, commands: readonly Uint8Array[]): void {
  if (leading.transfer !== undefined) {
    hold(state, leading, from, commands);
    return;
  }
  for (const [position, data] of commands.entries()) {
    const wouldOverflow =
      leading.uncommittedBytes > 0 && leading.uncommittedBytes + data.length > state.limits.uncommittedLimitBytes;
    if (leading.full || wouldOverflow) {
      leading.full = true;
      drop(state, leading, from, commands.length - position);
      return;
    }
    leading.uncommittedBytes += data.length;
    appendOwn(state, 'command', data);
  }
}

/** Adds an entry of the leader's own term at the end of its log. */
export function appendOwn(state: State, kind: EntryKind, data: Uint8Array): Entry {
  const entry: Entry = { index: plus(state.log.lastIndex(), 1), term: state.term, kind, data };
  appendEntries(state, [entry]);
  return entry;
}

function drop(state: State, leading: Leading, from: NodeId | undefined, count: number): void {
  if (from === undefined) state.dropped += count;
  else leading.starved.set(from, (leading.starved.get(from) ?? 0) + count);
}

/** Entries were committed and handed out: what they occupied is free, and who was dropped may come again. */
export function release(state: State, leading: Leading, committed: readonly Entry[]): void {
  for (const entry of committed) {
    if (entry.term === state.term && entry.kind === 'command') leading.uncommittedBytes -= entry.data.length;
  }
  // While leadership moves there is no room, whatever was committed: what comes is held, and what is held is as much.
  if (!leading.full || leading.transfer !== undefined) return;
  if (leading.uncommittedBytes > state.limits.uncommittedLimitBytes / 2) return;
  leading.full = false;
  for (const [forwarder, count] of leading.starved) tellDropped(state, forwarder, count, true);
  leading.starved.clear();
}

/** While leadership moves, proposals wait: either it succeeds and their owners re-send, or they are appended after all. */
function hold(state: State, leading: Leading, from: NodeId | undefined, commands: readonly Uint8Array[]): void {
  const bytes = commands.reduce((sum, command) => sum + command.length, 0);
  if (leading.full || leading.heldBytes + bytes > state.limits.uncommittedLimitBytes) {
    leading.full = true;
    drop(state, leading, from, commands.length);
    return;
  }
  leading.held.push({ from, commands });
  leading.heldBytes += bytes;
}

/** The transfer came to nothing: go on with what waited for it. */
export function resumeHeld(state: State, leading: Leading): void {
  const held = leading.held;
  leading.held = [];
  leading.heldBytes = 0;
  // What was held came before what was dropped for want of room: it is appended, and the others go on being dropped.
  const wasFull = leading.full;
  leading.full = false;
  for (const { from, commands } of held) accept(state, leading, from, commands);
  if (wasFull) leading.full = true;
  release(state, leading, []);
}

/** The leadership is over. Forwarders learn it from the new term; own proposals are reported. */
export function dropHeld(state: State, leading: Leading): void {
  for (const { from, commands } of leading.held) {
    if (from === undefined) state.dropped += commands.length;
  }
}

/** The proposals to report now: none while their owner could do nothing about it. */
export function takeDropped(state: State): number {
  if (!canReportDropped(state)) return 0;
  const count = state.dropped;
  state.dropped = 0;
  return count;
}

export function canReportDropped(state: State): boolean {
  return state.dropped > 0 && state.leader !== undefined && state.leading?.full !== true;
}

function tellDropped(state: State, to: NodeId, count: number, leading: boolean): void {
  state.outbox.send({ kind: 'proposalsDropped', from: state.id, to, term: state.term, count, leading });
}
