// Renders everything of the core that a person may read: logs, transcripts of tests, traces of the simulator. One line
// each, without times or addresses, so that two runs can be compared as text.
import { unreachable } from '../../src/lib/index.ts';
import { membershipOf } from './membership.ts';
import type {
  CoreStatus,
  Entry,
  HardState,
  LogLife,
  LogPosition,
  Membership,
  Message,
  Ready,
  SoftState,
} from './types.ts';

const TEXT_LIMIT_BYTES = 24;

/** `index@term` */
function describePosition(position: LogPosition): string {
  return `${position.index}@${position.term}`;
}

/** `3@2 command "x"`: printable data as text, anything else as its length. */
export function describeEntry(entry: Entry): string {
  const position = describePosition(entry);
  if (entry.kind === 'membership') return `${position} membership ${describeMembership(membershipOf(entry))}`;
  return entry.data.length === 0
    ? `${position} ${entry.kind}`
    : `${position} ${entry.kind} ${describeData(entry.data)}`;
}

function describeData(data: Uint8Array): string {
  const printable = data.length <= TEXT_LIMIT_BYTES && data.every((byte) => byte >= 0x20 && byte < 0x7f);
  return printable ? JSON.stringify(new TextDecoder().decode(data)) : `${data.length} bytes`;
}

/** `a b + d, before a b c, removed x`: voters, learners behind the plus, the voters before while joint. */
export function describeMembership(membership: Membership): string {
  const { voters, learners, outgoing, autoPromote = [], retired = [] } = membership;
  const names = learners.map((learner) => (autoPromote.includes(learner) ? `${learner}↑` : learner));
  const members = [...voters, ...(names.length === 0 ? [] : ['+', ...names])];
  const parts = [members.length === 0 ? 'nobody' : members.join(' ')];
  if (outgoing !== undefined) parts.push(`before ${outgoing.join(' ')}`);
  if (retired.length > 0) parts.push(`removed ${retired.join(' ')}`);
  return parts.join(', ');
}

/** First and last position of a run of entries, or `none`. */
function describeRun(entries: readonly Entry[]): string {
  const first = entries[0];
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return 'none';
  return entries.length === 1 ? describePosition(first) : `${describePosition(first)}..${describePosition(last)}`;
}

/** `a→b t3 appendRequest after 4@2 [5@3 command "x"] commit 4` */
export function describeMessage(message: Message): string {
  return `${message.from}→${message.to} t${message.term} ${message.kind}${describeBody(message)}`;
}

function describeBody(message: Message): string {
  switch (message.kind) {
    case 'preVoteRequest':
      return ` last ${describePosition(message.last)}`;
    case 'voteRequest':
      return ` last ${describePosition(message.last)}${message.transfer ? ' transfer' : ''}`;
    case 'preVoteResponse':
    case 'voteResponse':
      return message.granted ? ' granted' : ' refused';
    case 'appendRequest':
      return ` after ${describePosition(message.previous)} [${describeRun(message.entries)}] commit ${message.commit}`;
    case 'appendResponse':
      return `${
        message.result.kind === 'accepted'
          ? ` match ${message.result.match}`
          : ` rejected ${message.result.previous} hint ${describePosition(message.result.hint)}`
      }${describeLife(message.life)}`;
    case 'heartbeatRequest':
      return ` commit ${message.commit}${message.generation === undefined ? '' : ` of log ${message.generation}`} round ${message.readRound}`;
    case 'heartbeatResponse':
      return ` round ${message.readRound}${describeLife(message.life)}`;
    case 'forwardedProposal':
      return ` ${message.commands.map(describeData).join(' ')}`;
    case 'proposalsDropped':
      return ` ${message.count}${message.leading ? '' : ' not leading'}`;
    case 'readIndexRequest':
      return ` context ${message.context}${describeLife(message.life)}`;
    case 'readIndexResponse':
      return ` context ${message.context} ${message.index === undefined ? 'refused' : `index ${message.index}`}`;
    case 'timeoutNow':
      return '';
    default:
      return unreachable(message);
  }
}

function describeLife(life: LogLife | undefined): string {
  return life === undefined ? '' : ` log ${life.generation}${life.repairing ? ' repairing' : ''}`;
}

function describeHardState(state: HardState): string {
  return `term ${state.term} vote ${state.votedFor ?? '-'}`;
}

function describeSoft(soft: SoftState): string {
  return `${soft.role} term ${soft.term} leader ${soft.leader ?? '-'}`;
}

/** What a Ready asks for, one line per thing. */
export function describeReady(ready: Ready): string[] {
  const lines: string[] = [];
  if (ready.soft !== undefined) lines.push(`soft ${describeSoft(ready.soft)}`);
  for (const message of ready.sendNow) lines.push(`send ${describeMessage(message)}`);
  if (ready.persist !== undefined) {
    const { id, hardState, reset, entries, endsRepair, sendAfterPersist } = ready.persist;
    lines.push(`persist #${id}${hardState === undefined ? '' : ` ${describeHardState(hardState)}`}`);
    if (reset !== undefined) lines.push(`  log begins after ${describePosition(reset)}`);
    for (const entry of entries) lines.push(`  entry ${describeEntry(entry)}`);
    if (endsRepair) lines.push('  the repair is over');
    for (const message of sendAfterPersist) lines.push(`  then ${describeMessage(message)}`);
  }
  for (const entry of ready.committed) lines.push(`commit ${describeEntry(entry)}`);
  for (const read of ready.reads) lines.push(`read ${read.context} ${read.index ?? 'refused'}`);
  for (const peer of ready.snapshots) lines.push(`snapshot for ${peer}`);
  if (ready.contacts !== undefined) {
    const { peers, removed, isRemoved } = ready.contacts;
    const gone = removed.length === 0 ? '' : `, removed ${removed.join(' ')}`;
    lines.push(`contacts ${peers.length === 0 ? 'nobody' : peers.join(' ')}${gone}${isRemoved ? ': this one' : ''}`);
  }
  if (ready.droppedProposals > 0) lines.push(`dropped ${ready.droppedProposals}`);
  return lines;
}

/** One line for the node, one for each follower it leads. */
export function describeStatus(status: CoreStatus): string[] {
  const head = `${status.id} ${describeSoft(status)} vote ${status.votedFor ?? '-'} last ${status.lastIndex} commit ${status.commitIndex}`;
  const repair =
    status.repair === undefined ? '' : ` repairing ${status.repair.reached} of ${status.repair.target ?? '?'}`;
  const peers = status.peers.map(
    (p) => `  ${p.id} ${p.state} match ${p.match} inflight ${p.inflightMessages}${p.repairing ? ' repairing' : ''}`,
  );
  return [`${head}${repair}`, ...peers];
}
