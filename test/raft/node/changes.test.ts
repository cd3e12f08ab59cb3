// What a node answers to whoever asked it to change the members, by what it sees afterwards.
import { describe, expect, it } from 'vitest';
import { AwaitedChanges } from '../../../raft/node/changes.ts';
import type { CoreStatus, LogIndex, NodeId, Role, Term } from '../../../raft/node/index.ts';
import type { MembershipOutcome } from '../../../raft/node/ports.ts';

const status = (role: Role, term: number, index: number, membershipSettled: boolean): CoreStatus => ({
  id: 'a' as NodeId,
  role,
  term: term as Term,
  leader: undefined,
  votedFor: undefined,
  commitIndex: 0 as LogIndex,
  lastIndex: 0 as LogIndex,
  membership: { voters: [], learners: [], index: index as LogIndex },
  membershipSettled,
  peers: [],
  repair: undefined,
});

/** Begins a change at entry 5 in term 2, and tells what is answered for each thing that is seen. */
function seen(...statuses: readonly CoreStatus[]): readonly MembershipOutcome['kind'][] {
  const told: MembershipOutcome['kind'][] = [];
  const changes = new AwaitedChanges((_request, outcome) => void told.push(outcome.kind));
  changes.answered(1, { kind: 'begun', index: 5 as LogIndex }, 2 as Term);
  for (const each of statuses) changes.look(each);
  expect(changes.isEmpty).toBe(told.length === 1);
  return told;
}

describe('a change of members that was begun here', () => {
  it('is done when its last entry is committed, and not before', () => {
    expect(seen(status('leader', 2, 5, false), status('leader', 2, 6, false))).toEqual([]);
    expect(seen(status('leader', 2, 5, false), status('leader', 2, 6, true))).toEqual(['done']);
  });

  it('is not taken for the one before it, which is settled', () => {
    expect(seen(status('leader', 2, 4, true))).toEqual([]);
  });

  it('is done also for a leader that it removed', () => {
    expect(seen(status('follower', 2, 6, true))).toEqual(['done']);
  });

  it('has an unknown outcome when the leadership is lost first, also if another change is seen to be settled', () => {
    expect(seen(status('follower', 2, 5, false))).toEqual(['unknown']);
    expect(seen(status('follower', 3, 7, true))).toEqual(['unknown']);
  });

  it('that was refused is answered at once', () => {
    const told: MembershipOutcome[] = [];
    const changes = new AwaitedChanges((_request, outcome) => void told.push(outcome));
    changes.answered(1, { kind: 'notLeader', leader: undefined }, 2 as Term);
    expect(told).toEqual([{ kind: 'notLeader', leader: undefined }]);
    expect(changes.isEmpty).toBe(true);
  });
});
