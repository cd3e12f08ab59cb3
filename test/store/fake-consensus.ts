// A replicated log in memory, under the consensus port: entries are committed in one order and delivered to each member
// at its own pace. Steps are chosen by a seeded generator, and may lose, repeat and delay what members send, change the
// leader, or leave none. In automatic mode everything arrives in the next turn.
import type { LogIndex, Membership, NodeId, Term } from '../../raft/core/index.ts';
import type {
  CommittedEntry,
  Consensus,
  ConsensusHandlers,
  ConsensusStatus,
  MembershipOutcome,
  StateAtStart,
} from '../../raft/node/index.ts';
import { type Prng, prng } from '../../src/lib/index.ts';

export interface Troubles {
  readonly loss: number;
  readonly repeat: number;
  readonly leaderChange: number;
}

export interface Sent {
  readonly by: FakeMember;
  readonly commands: readonly Uint8Array[];
}

export class FakeCluster {
  readonly log: CommittedEntry[] = [];
  readonly members = new Map<string, FakeMember>();
  readonly random: Prng;
  readonly voters: readonly NodeId[];
  leader: NodeId | undefined;
  term = 1;
  automatic = true;
  troubles: Troubles = { loss: 0, repeat: 0, leaderChange: 0 };
  #sent: Sent[] = [];
  #pumping = false;

  constructor(ids: readonly string[], seed = 1) {
    this.voters = ids as readonly NodeId[];
    this.leader = this.voters[0];
    this.random = prng(seed);
    this.append('noop', new Uint8Array());
  }

  /** A new incarnation of a member; an older one hears nothing any more. */
  join(id: string): FakeMember {
    this.members.get(id)?.disconnect();
    const member = new FakeMember(this, id as NodeId);
    this.members.set(id, member);
    return member;
  }

  append(kind: CommittedEntry['kind'], data: Uint8Array): void {
    this.log.push({ index: (this.log.length + 1) as LogIndex, term: this.term as Term, kind, data });
  }

  /** Members are told at once; what was on its way may arrive all the same. */
  elect(leader: NodeId | undefined): void {
    this.term += 1;
    this.leader = leader;
    if (leader !== undefined) this.append('noop', new Uint8Array());
    for (const member of this.members.values()) member.leadershipChanged();
    this.wake();
  }

  send(by: FakeMember, commands: readonly Uint8Array[]): void {
    this.#sent.push({ by, commands });
    this.wake();
  }

  wake(): void {
    if (!this.automatic || this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      if (this.automatic) this.deliverAll();
    });
  }

  /** Keeps what is on its way from arriving until it is released. */
  hold(): readonly Sent[] {
    return this.#sent.splice(0);
  }
  release(held: readonly Sent[]): void {
    this.#sent.push(...held);
    this.wake();
  }

  /** Everything that is on its way is appended, and delivered to nobody yet. */
  arriveAll(): void {
    for (const sent of this.#sent.splice(0)) this.#arrive(sent);
  }

  /** Everything that is on its way arrives. */
  deliverAll(): void {
    this.arriveAll();
    for (const member of this.members.values()) member.answerReads();
    for (const member of this.members.values()) member.deliver(Number.POSITIVE_INFINITY);
  }

  /** One random thing happens. */
  step(): void {
    const { random } = this;
    if (random.chance(this.troubles.leaderChange)) {
      this.elect(random.chance(0.3) ? undefined : random.pick(this.voters));
      return;
    }
    const member = random.pick([...this.members.values()]);
    switch (random.int(4)) {
      case 0: {
        const at = this.#sent.findIndex((sent) => sent.by === member);
        const [sent] = at < 0 ? [] : this.#sent.splice(at, 1);
        if (sent !== undefined) this.#arrive(sent);
        return;
      }
      case 1:
        member.answerReads();
        return;
      default:
        member.deliver(1 + random.int(20));
    }
  }

  #arrive({ by, commands }: Sent): void {
    let lost = this.leader === undefined;
    for (const command of commands) {
      if (this.leader === undefined || this.random.chance(this.troubles.loss)) lost = true;
      else this.append('command', command);
      if (this.leader !== undefined && this.random.chance(this.troubles.repeat)) this.append('command', command);
    }
    if (lost) by.leadershipChanged();
  }
}

export class FakeMember implements Consensus {
  readonly id: NodeId;
  readonly #cluster: FakeCluster;
  #handlers: ConsensusHandlers | undefined;
  #delivered = 0;
  #epoch = 0;
  #reads: ((index: LogIndex | undefined) => void)[] = [];
  #connected = true;
  proposals = 0;
  durable = 0;

  constructor(cluster: FakeCluster, id: NodeId) {
    this.#cluster = cluster;
    this.id = id;
  }

  start(handlers: ConsensusHandlers, { appliedIndex }: StateAtStart): Promise<void> {
    this.#handlers = handlers;
    this.#delivered = appliedIndex;
    this.leadershipChanged();
    this.#cluster.wake();
    return Promise.resolve();
  }

  propose(commands: readonly Uint8Array[]): void {
    this.proposals += 1;
    if (this.#connected) this.#cluster.send(this, commands);
  }

  readIndex(): Promise<LogIndex | undefined> {
    return new Promise((resolve) => {
      this.#reads.push(resolve);
      this.#cluster.wake();
    });
  }

  progress(_applied: LogIndex, durable: LogIndex): void {
    this.durable = durable;
  }

  /** The log here is never compacted, so nobody asks for a snapshot. */
  sendFrame(): void {}
  snapshotEnded(): void {}
  installed(): Promise<void> {
    return Promise.resolve();
  }

  transferLeadership(): void {
    const others = this.#cluster.voters.filter((id) => id !== this.id);
    if (this.#cluster.leader === this.id) this.#cluster.elect(others[0] ?? this.id);
  }

  /** Members do not change here. */
  changeMembership(): Promise<MembershipOutcome> {
    return Promise.resolve({ kind: 'notLeader', leader: this.#cluster.leader });
  }

  status(): ConsensusStatus {
    const { term, leader, voters, log } = this.#cluster;
    const lastIndex = log.length as LogIndex;
    return {
      id: this.id,
      role: leader === this.id ? 'leader' : 'follower',
      term: term as Term,
      leader,
      votedFor: undefined,
      commitIndex: lastIndex,
      lastIndex,
      membership: { voters, learners: [] } satisfies Membership,
      membershipSettled: true,
      peers: [],
      repair: undefined,
      damage: undefined,
      stateWanted: undefined,
      appliedIndex: this.#delivered as LogIndex,
      fault: undefined,
    };
  }

  stop(): Promise<void> {
    this.disconnect();
    return Promise.resolve();
  }

  disconnect(): void {
    this.#connected = false;
    this.#handlers = undefined;
    this.#reads = [];
  }

  leadershipChanged(): void {
    this.#epoch += 1;
    const { leader, term } = this.#cluster;
    const role = leader === this.id ? 'leader' : 'follower';
    this.#handlers?.leadershipChanged({ role, leader, term: term as Term, epoch: this.#epoch });
  }

  deliver(count: number): void {
    const entries = this.#cluster.log.slice(this.#delivered, this.#delivered + count);
    if (entries.length === 0 || this.#handlers === undefined) return;
    this.#delivered += entries.length;
    this.#handlers.stateMachine.apply(entries);
  }

  answerReads(): void {
    const { leader, log } = this.#cluster;
    for (const resolve of this.#reads.splice(0)) resolve(leader === undefined ? undefined : (log.length as LogIndex));
  }
}
