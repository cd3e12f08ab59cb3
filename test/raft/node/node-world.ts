// Three members in one test: a network, disks and a clock that do only what the test says. Everything else is the
// production code: consensus, channel, service, driver, log and core.
import {
  type CommittedEntry,
  type Consensus,
  type ConsensusHandlers,
  type DiskJob,
  inlineConsensus,
  JobRunner,
  type Leadership,
  type LogIndex,
  type LogWriter,
  type Message,
  type NodeId,
  openLog,
  type Transport,
  type TransportHandlers,
} from '../../../raft/node/index.ts';
import { defined, prng, silentLogger } from '../../../src/lib/index.ts';
import { SimDisk } from '../../sim/disk.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';

export const IDS: readonly NodeId[] = ['n1', 'n2', 'n3'].map((id) => id as NodeId);

/** A disk whose jobs wait while `held`, or fail when told so. */
class HeldWriter implements LogWriter {
  held = false;
  failing = false;
  jobs = 0;
  private readonly runner: JobRunner;
  private waiting: (() => void)[] = [];

  constructor(disk: SimDisk) {
    this.runner = new JobRunner(disk);
  }

  run(job: DiskJob, done: (error: unknown) => void): void {
    this.jobs += 1;
    const work = (): void => {
      if (this.failing) {
        done(new Error('EIO'));
        return;
      }
      this.runner.run(job);
      done(undefined);
    };
    if (this.held) this.waiting.push(work);
    else work();
  }

  release(): void {
    this.held = false;
    for (const work of this.waiting.splice(0)) work();
  }

  /** As the real one: the job under way comes to its end first. */
  close(): Promise<void> {
    if (this.waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => void this.waiting.push(resolve));
  }
}

export class TestMember {
  readonly id: NodeId;
  readonly consensus: Consensus;
  readonly writer: HeldWriter;
  readonly applied: CommittedEntry[] = [];
  readonly leaderships: Leadership[] = [];
  readonly failures: string[] = [];
  /** Followers that were to be sent a snapshot. */
  readonly snapshotsWanted: NodeId[] = [];
  /** Whether the state machine says at once what it has applied. */
  reports = true;
  stopped = false;

  constructor(id: NodeId, world: World) {
    this.id = id;
    const disk = new SimDisk(prng(1));
    this.writer = new HeldWriter(disk);
    this.consensus = inlineConsensus({
      config: {
        id,
        clusterId: 'c',
        membership: { voters: IDS, learners: [] },
        peerAddresses: {},
        seed: IDS.indexOf(id) + 7,
      },
      environment: { clock: world.clock, logger: silentLogger, fatal: (reason) => void this.failures.push(reason) },
      defer: (turn) => void world.turns.push(turn),
      openLog: () => openLog(disk, { clusterId: 'c', nodeId: id }),
      openWriter: () => this.writer,
      openTransport: () => world.transport(this),
    });
  }

  get commands(): readonly string[] {
    return this.applied
      .filter((entry) => entry.kind === 'command')
      .map((entry) => Buffer.from(entry.data).toString('latin1'));
  }

  get appliedIndex(): LogIndex {
    return this.applied.at(-1)?.index ?? (0 as LogIndex);
  }

  get epoch(): number {
    return this.leaderships.at(-1)?.epoch ?? 0;
  }

  get isLeader(): boolean {
    return this.consensus.status().role === 'leader';
  }

  handlers(): ConsensusHandlers {
    return {
      stateMachine: {
        apply: (entries) => {
          this.applied.push(...entries);
          if (this.reports) this.report();
        },
      },
      snapshots: {
        wanted: (peer) => void this.snapshotsWanted.push(peer),
        frame: () => {},
      },
      leadershipChanged: (leadership) => void this.leaderships.push(leadership),
    };
  }

  report(): void {
    this.consensus.progress(this.appliedIndex, this.appliedIndex);
  }
}

export class World {
  readonly clock: ManualClock = manualClock();
  readonly turns: (() => void)[] = [];
  readonly sent: Message[] = [];
  readonly members: readonly TestMember[];
  /** Messages for which this is false are lost. */
  passes: (message: Message) => boolean = () => true;
  private readonly handlers = new Map<NodeId, TransportHandlers>();

  constructor() {
    this.members = IDS.map((id) => new TestMember(id, this));
  }

  transport(member: TestMember): Transport {
    return {
      start: (handlers) => {
        this.handlers.set(member.id, handlers);
        return Promise.resolve();
      },
      contacts: () => {},
      send: (messages) => {
        for (const message of messages) {
          this.sent.push(message);
          this.turns.push(() => {
            if (this.passes(message)) this.handlers.get(message.to)?.received(message);
          });
        }
      },
      sendFrame: () => {},
      stop: () => {
        this.handlers.delete(member.id);
        member.stopped = true;
        return Promise.resolve();
      },
    };
  }

  /** Starts all members. */
  async start(): Promise<void> {
    await this.until(
      Promise.all(
        this.members.map((member) => member.consensus.start(member.handlers(), { appliedIndex: 0 as LogIndex })),
      ),
    );
  }

  /** Settles until something is over. */
  async until(over: Promise<unknown>): Promise<void> {
    let done = false;
    void over.then(() => {
      done = true;
    });
    while (!done) {
      this.settle();
      await Promise.resolve();
    }
  }

  /** Runs everything that is due at this moment. */
  settle(): void {
    for (let turn = this.turns.shift(); turn !== undefined; turn = this.turns.shift()) turn();
  }

  /** Moves time on in small steps, each settled. */
  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += 10) {
      this.clock.advance(10);
      this.settle();
    }
  }

  /** Runs until there is a leader that all members know. */
  elect(): TestMember {
    for (let passed = 0; passed < 5_000; passed += 10) {
      this.run(10);
      const leader = this.members.find((member) => member.isLeader);
      if (leader !== undefined && this.members.every((member) => member.consensus.status().leader === leader.id)) {
        this.run(200);
        return leader;
      }
    }
    throw new Error('no leader was elected');
  }

  /** Some member that does not lead. */
  followers(): readonly [TestMember, TestMember] {
    const [first, second] = this.members.filter((member) => !member.isLeader);
    return [defined(first, 'a follower'), defined(second, 'a follower')];
  }

  /** Within one turn a connection breaks, and a message of the same peer arrives on the other one. */
  flickers(at: TestMember, message: Message): void {
    this.handlers.get(at.id)?.unreachable(message.from);
    this.handlers.get(at.id)?.received(message);
    this.settle();
  }

  connected(at: TestMember, peer: NodeId): void {
    this.handlers.get(at.id)?.connected(peer);
    this.settle();
  }
}

export async function startedWorld(): Promise<World> {
  const world = new World();
  await world.start();
  return world;
}
