// The part of the object store's port that is about its members: who they are, how they are changed, who leads. A store
// without members (memory) has none and refuses to change them.

/** A member as the answering server knows it. */
export interface StoreMember {
  readonly id: string;
  /** `leaving`: still counted until the change under way is over, and no member afterwards. */
  readonly role: 'voter' | 'learner' | 'leaving';
  /** host:port of its Raft endpoint as its membership entry says; undefined for founding members without one. */
  readonly address: string | undefined;
  /** The leader makes this learner a voter once it has caught up. */
  readonly autoPromote: boolean;
  readonly isLeader: boolean;
  /** At the leader, of another member: the last entry that it is known to hold durably. */
  readonly match: number | undefined;
  /** At the leader, of another member: how it is being replicated to. */
  readonly replication: 'probe' | 'replicate' | 'snapshot' | undefined;
  /** At the leader, of another member: milliseconds since it was heard, as of the last report of the Raft side. */
  readonly lastHeardMs: number | undefined;
  /** At the leader: it makes good what damage took from it, and counts for nothing meanwhile. */
  readonly repairing: boolean;
}

export interface StoreMembership {
  /** Voters, then learners, then those that leave. */
  readonly members: readonly StoreMember[];
  /** The log position at which these members became the members; 0 for the founding ones. */
  readonly index: number;
  /** A change is under way: another is refused until it is over. */
  readonly changing: boolean;
  /** Every id that was removed. Ids are used once. */
  readonly removed: readonly string[];
}

/** A list of changes is one step: all of it happens, or nothing. */
export type StoreMemberChange =
  /** A new member always begins as a learner; `address` is host:port of its Raft endpoint. */
  | { readonly kind: 'add'; readonly member: string; readonly address: string; readonly autoPromote: boolean }
  | { readonly kind: 'promote'; readonly member: string }
  | { readonly kind: 'remove'; readonly member: string };

export type MembershipRefusal =
  /** Nothing was asked for, or the same member twice in one list, or an id or address that cannot be one. */
  | 'invalid'
  /** Another change is not committed yet. */
  | 'changeUnderWay'
  /** The leader is new: it has not committed an entry of its term yet. */
  | 'leaderIsNew'
  /** Leadership is being handed over. */
  | 'transferUnderWay'
  | 'unknownMember'
  /** To be added, and a member already; or to be promoted, and a voter already. */
  | 'alreadyMember'
  /** The id belonged to a member that was removed. */
  | 'idUsedBefore'
  | 'noVoterLeft'
  /** To be promoted, and too far behind. */
  | 'notCaughtUp'
  /** No majority of the voters that would be can be reached: the cluster would stand still. */
  | 'noQuorum'
  /** Members run a version that knows no changes yet. */
  | 'olderMembers'
  /** This store has no members (memory). */
  | 'unsupported';

export type StoreMembershipOutcome =
  /** Committed, all of it. `membership` is what holds from now on. */
  | { readonly kind: 'done'; readonly membership: StoreMembership }
  /** Nothing changed: ask the leader. */
  | { readonly kind: 'notLeader'; readonly leader: string | undefined }
  /** Nothing changed. `message` says why, `remedy` what to do. */
  | {
      readonly kind: 'refused';
      readonly reason: MembershipRefusal;
      readonly message: string;
      readonly remedy: string;
    }
  /** It was begun here, and the leadership was lost (or the wait given up) before its end was seen: look at the members. */
  | { readonly kind: 'unknown'; readonly message: string };

export type TransferOutcome =
  /** Another member leads: the target, or the one that was chosen, or one that came between. */
  | { readonly kind: 'done'; readonly leader: string }
  | { readonly kind: 'notLeader'; readonly leader: string | undefined }
  /** Nobody to hand over to, or a target that is no voter. */
  | { readonly kind: 'refused'; readonly message: string; readonly remedy: string }
  /** The target did not take over in time. This member leads on, or nobody is known to lead. */
  | { readonly kind: 'failed'; readonly message: string };
