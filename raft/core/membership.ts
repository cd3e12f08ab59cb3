// Memberships as data: who counts, who belongs, and the bytes of a membership entry. Such an entry holds the whole
// membership and not the difference to the one before, so that the newest one in a log says everything.
import { ADDRESS_LIMIT_CHARACTERS, MEMBER_ID_LIMIT_CHARACTERS, MEMBER_LIMIT } from './limits.ts';
import type { Entry, LogIndex, MemberChange, Membership, MembershipRefusal, NodeId } from './types.ts';

export const NO_MEMBERS: Membership = { voters: [], learners: [] };

/** The first byte of a membership entry; the rest is JSON. */
const FORMAT = 1;

/** Between C_old,new and C_new, when majorities of both are needed (dissertation §4.3). */
export function isJoint(membership: Membership): boolean {
  return membership.outgoing !== undefined;
}

/** Whoever has a vote: of both halves while joint. */
export function electorate(membership: Membership): readonly NodeId[] {
  const { voters, outgoing = [] } = membership;
  return [...voters, ...outgoing.filter((member) => !voters.includes(member))];
}

export function everyMember(membership: Membership): readonly NodeId[] {
  return [...electorate(membership), ...membership.learners];
}

/** What follows a joint membership. Who voted before and is no member now has left for good. */
export function afterJoint(joint: Membership): Membership {
  const { outgoing = [], voters, learners, retired = [] } = joint;
  const leaving = outgoing.filter((member) => !voters.includes(member) && !learners.includes(member));
  return prune({ ...joint, outgoing: undefined, retired: [...retired, ...leaving] });
}

/** Without what is said of nobody. */
function prune(membership: Membership): Membership {
  const { voters, learners, outgoing, addresses = {}, autoPromote = [], retired = [] } = membership;
  const members = everyMember(membership);
  return {
    voters,
    learners,
    outgoing,
    addresses: Object.fromEntries(Object.entries(addresses).filter(([member]) => members.includes(member as NodeId))),
    autoPromote: autoPromote.filter((member) => learners.includes(member)),
    retired,
  };
}

/** A refused change; see MembershipOutcome. */
export interface Refusal {
  readonly reason: MembershipRefusal;
  readonly message: string;
  readonly remedy: string;
}

/** The membership after `changes`: joint when the voters differ. Pure: what only a leader knows is checked by it. */
export function plan(
  membership: Membership,
  changes: readonly MemberChange[],
): { readonly membership: Membership } | { readonly refusal: Refusal } {
  const named = changes.map(({ member }) => member);
  if (changes.length === 0)
    return refuse('invalid', 'no change was asked for', 'Name a member to add, promote or remove.');
  if (new Set(named).size < named.length)
    return refuse('invalid', 'a member is named twice in one list of changes', 'Name each member once.');
  let next = membership;
  for (const change of changes) {
    const step = apply(next, change);
    if ('refusal' in step) return step;
    next = step.membership;
  }
  if (next.voters.length === 0)
    return refuse('noVoterLeft', 'no voter would be left', 'Add a member and let it be promoted first.');
  if (everyMember(next).length > MEMBER_LIMIT)
    return refuse('invalid', `a cluster has at most ${MEMBER_LIMIT} members`, 'Remove members first.');
  const before = membership.voters;
  const same = before.length === next.voters.length && before.every((voter) => next.voters.includes(voter));
  return { membership: same ? prune(next) : { ...prune({ ...next, outgoing: before }) } };
}

function apply(
  membership: Membership,
  change: MemberChange,
): { readonly membership: Membership } | { readonly refusal: Refusal } {
  const { voters, learners, addresses = {}, autoPromote = [], retired = [] } = membership;
  const { member } = change;
  const isMember = voters.includes(member) || learners.includes(member);
  const without = { voters: voters.filter((id) => id !== member), learners: learners.filter((id) => id !== member) };
  switch (change.kind) {
    case 'add': {
      if (member === '' || member.length > MEMBER_ID_LIMIT_CHARACTERS)
        return refuse(
          'invalid',
          'an id is not empty and not long',
          `Use at most ${MEMBER_ID_LIMIT_CHARACTERS} characters.`,
        );
      if (!/^.+:\d{1,5}$/.test(change.address) || change.address.length > ADDRESS_LIMIT_CHARACTERS)
        return refuse('invalid', `${change.address} is no address`, 'Use host:port of its Raft endpoint.');
      if (isMember) return refuse('alreadyMember', `${member} is a member already`, 'Choose an id that is new.');
      if (retired.includes(member))
        return refuse(
          'idUsedBefore',
          `${member} was removed once, and an id is used once`,
          'Choose an id that is new.',
        );
      const learner = {
        learners: [...learners, member],
        addresses: { ...addresses, [member]: change.address },
        autoPromote: change.autoPromote ? [...autoPromote, member] : autoPromote,
      };
      return { membership: { ...membership, ...learner } };
    }
    case 'promote':
      if (!isMember) return refuse('unknownMember', `${member} is not a member`, 'Add it first.');
      if (voters.includes(member))
        return refuse('alreadyMember', `${member} is a voter already`, 'There is nothing to do.');
      return { membership: { ...membership, ...without, voters: [...voters, member] } };
    case 'remove':
      if (!isMember) return refuse('unknownMember', `${member} is not a member`, 'Look at the list of members.');
      // A voter leaves with the second half of its change (afterJoint).
      return {
        membership: { ...membership, ...without, retired: learners.includes(member) ? [...retired, member] : retired },
      };
  }
}

function refuse(reason: MembershipRefusal, message: string, remedy: string): { readonly refusal: Refusal } {
  return { refusal: { reason, message, remedy } };
}

export function encodeMembership(membership: Membership): Uint8Array {
  const { voters, learners, outgoing, addresses = {}, autoPromote = [], retired = [] } = membership;
  const text = new TextEncoder().encode(
    JSON.stringify({ voters, learners, outgoing, addresses, autoPromote, retired }),
  );
  const data = new Uint8Array(1 + text.length);
  data[0] = FORMAT;
  data.set(text, 1);
  return data;
}

/** The membership that an entry makes the effective one. Throws for bytes of a newer version, or of none. */
export function membershipOf(entry: Pick<Entry, 'index' | 'data'>): Membership {
  if (entry.data[0] !== FORMAT)
    throw new Error(`the membership in entry ${entry.index} has format ${entry.data[0]}: written by a newer version`);
  const value: unknown = JSON.parse(new TextDecoder().decode(entry.data.subarray(1)));
  const membership = readMembership(value);
  if (membership === undefined) throw new Error(`the membership in entry ${entry.index} cannot be read`);
  return { ...membership, index: entry.index };
}

/** A membership out of plain data (an entry, a database, a message); undefined when it is none. */
export function readMembership(value: unknown): Membership | undefined {
  if (!isRecord(value)) return undefined;
  const voters = idsOf(value['voters']);
  const learners = idsOf(value['learners']);
  if (voters === undefined || learners === undefined) return undefined;
  const { index } = value;
  const addresses = isRecord(value['addresses']) ? value['addresses'] : {};
  return {
    voters,
    learners,
    outgoing: idsOf(value['outgoing']),
    addresses: Object.fromEntries(Object.entries(addresses).filter(isText)),
    autoPromote: idsOf(value['autoPromote']) ?? [],
    retired: idsOf(value['retired']) ?? [],
    ...(typeof index === 'number' ? { index: index as LogIndex } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function idsOf(value: unknown): readonly NodeId[] | undefined {
  return Array.isArray(value) && value.every((id) => typeof id === 'string') ? (value as NodeId[]) : undefined;
}

function isText(pair: [string, unknown]): pair is [string, string] {
  return typeof pair[1] === 'string';
}
