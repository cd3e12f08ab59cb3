// Three replicated stores on the production Raft nodes, in line: only the network, the disks and the clock are made up.
// Messages and turns happen by themselves; time moves when a test says so.
import {
  type CommittedEntry,
  type Consensus,
  type ConsensusHandlers,
  inlineConsensus,
  JobRunner,
  LOG_LIMITS,
  type LogLimits,
  type LogWriter,
  type NodeId,
  openLog,
  type Transport,
  type TransportHandlers,
} from '../../raft/node/index.ts';
import { prng, silentLogger } from '../../src/lib/index.ts';
import {
  createReplicatedStore,
  type MemoryContents,
  memoryKeyValue,
  type ReplicatedStore,
} from '../../src/store/index.ts';
import { SimDisk } from '../sim/disk.ts';
import { manualClock } from '../support/manual-clock.ts';

const IDS = ['n1', 'n2', 'n3'].map((id) => id as NodeId);
/** One step of time, small against Raft's heartbeat; longer ones where hours pass. */
const STEP_MS = 20;
const LONG_STEP_MS = 100;
const LONG_MS = 10_000;

interface Member {
  readonly id: NodeId;
  readonly consensus: Consensus;
  readonly store: ReplicatedStore;
}

export class RaftWorld {
  readonly clock = manualClock();
  readonly members = new Map<NodeId, Member>();
  readonly failures: string[] = [];
  readonly #disks = new Map<NodeId, SimDisk>();
  readonly #states = new Map<NodeId, MemoryContents>();
  readonly #handlers = new Map<NodeId, TransportHandlers>();
  readonly #logLimits: LogLimits;
  /** Members that hear nothing, though they are heard. */
  readonly deaf = new Set<NodeId>();
  /** What a member's state machine is given in place of what was committed. */
  readonly tamper = new Map<NodeId, (entry: CommittedEntry) => CommittedEntry>();
  /** Members that run older software. */
  readonly featureLevels = new Map<NodeId, number>();
  readonly logged: string[] = [];
  /** Of all parts of snapshots that were sent. */
  largestFrameBytes = 0;
  /** Free bytes that a member's disk tells of; plenty unless given. */
  readonly freeBytes = new Map<NodeId, () => number>();
  diskReserveBytes = 1_000_000;
  #incarnations = 0;

  constructor(logLimits: LogLimits) {
    this.#logLimits = logLimits;
  }

  /** Whether the state of a member has come from a snapshot at some time: the choice of its slot is then recorded. */
  hasInstalled(id: NodeId): boolean {
    return this.#states.get(id)?.has(Buffer.from('a').toString('hex')) === true;
  }

  /** Three members that are ready. `prepare` is called before they start. */
  static async start(
    logLimits: LogLimits = LOG_LIMITS,
    prepare: (world: RaftWorld) => void = () => {},
  ): Promise<RaftWorld> {
    const world = new RaftWorld(logLimits);
    prepare(world);
    await Promise.all(IDS.map((id) => world.startMember(id)));
    await world.until(() => world.stores().every((store) => store.status().ready));
    return world;
  }

  /** Bytes of a member's log and state on its disk. */
  usedBytes(id: NodeId): number {
    const disk = this.#disks.get(id);
    const log = disk?.list().reduce((sum, name) => sum + disk.open(name, 'existing').size(), 0) ?? 0;
    let state = 0;
    for (const [key, value] of this.#states.get(id) ?? []) state += key.length / 2 + value.length;
    return log + state;
  }

  stores(): readonly ReplicatedStore[] {
    return [...this.members.values()].map((member) => member.store);
  }

  leader(): Member {
    const leader = [...this.members.values()].find((member) => member.store.status().role === 'leader');
    if (leader === undefined) throw new Error('nobody leads');
    return leader;
  }

  async startMember(id: NodeId): Promise<void> {
    this.#incarnations += 1;
    const disk = this.#disks.get(id) ?? new SimDisk(prng(1));
    const contents = this.#states.get(id) ?? new Map();
    this.#disks.set(id, disk);
    this.#states.set(id, contents);
    const environment = {
      clock: this.clock,
      logger: { ...silentLogger, error: (_: object, message: string) => void this.logged.push(`${id}: ${message}`) },
      fatal: (reason: string) => void this.failures.push(`${id}: ${reason}`),
    };
    const runner = new JobRunner(disk);
    const writer: LogWriter = {
      run(job, done) {
        runner.run(job);
        done(undefined);
      },
      close: () => Promise.resolve(),
    };
    const honest = inlineConsensus({
      config: {
        id,
        clusterId: 'c',
        membership: { voters: IDS, learners: [] },
        join: !IDS.includes(id),
        peerAddresses: {},
        seed: this.#incarnations,
      },
      environment,
      defer: (turn) => void setImmediate(turn),
      openLog: () => openLog(disk, { clusterId: 'c', nodeId: id }, { limits: this.#logLimits }),
      openWriter: () => writer,
      openTransport: () => this.#transport(id),
    });
    const consensus = this.#tampered(id, honest);
    const origin = `${id}/${this.#incarnations}`;
    const keyValue = memoryKeyValue(contents);
    const featureLevel = this.featureLevels.get(id);
    const store = createReplicatedStore({
      consensus,
      keyValue,
      ...environment,
      origin,
      snapshotChunkBytes: 2_000,
      diskSpace: {
        directory: `/data/${id}`,
        freeBytes: () => Promise.resolve(this.freeBytes.get(id)?.() ?? Number.MAX_SAFE_INTEGER),
      },
      diskReserveBytes: this.diskReserveBytes,
      ...(featureLevel === undefined ? {} : { featureLevel }),
    });
    this.members.set(id, { id, consensus, store });
    await store.start();
  }

  async stopMember(id: NodeId): Promise<void> {
    await this.members.get(id)?.store.stop();
    this.members.delete(id);
    for (const member of this.members.values()) this.#handlers.get(member.id)?.unreachable(id);
  }

  /** Moves time on in steps, with turns for what each step brings. */
  async advance(ms: number): Promise<void> {
    const step = ms >= LONG_MS ? LONG_STEP_MS : STEP_MS;
    for (let passed = 0; passed < ms; passed += step) {
      this.clock.advance(step);
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async until(holds: () => boolean): Promise<void> {
    for (let step = 0; step < 1000; step++) {
      if (holds()) return;
      await this.advance(STEP_MS);
    }
    throw new Error('it never happened');
  }

  /** The same consensus; its deliveries go through the member's tamper, if it has one. */
  #tampered(id: NodeId, consensus: Consensus): Consensus {
    const start: Consensus['start'] = (handlers, state) => {
      const apply = (entries: readonly CommittedEntry[]): void => {
        const change = this.tamper.get(id) ?? ((entry) => entry);
        handlers.stateMachine.apply(entries.map(change));
      };
      const tampered: ConsensusHandlers = {
        stateMachine: { apply },
        snapshots: handlers.snapshots,
        leadershipChanged: (leadership) => handlers.leadershipChanged(leadership),
      };
      return consensus.start(tampered, state);
    };
    return new Proxy(consensus, {
      get(target, name) {
        if (name === 'start') return start;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #transport(id: NodeId): Transport {
    let mine: TransportHandlers | undefined;
    return {
      start: (handlers) => {
        mine = handlers;
        this.#handlers.set(id, handlers);
        return Promise.resolve();
      },
      contacts: () => {},
      send: (messages) => {
        for (const message of messages) {
          setImmediate(() => {
            // A member that has stopped sends nothing any more.
            if (this.#handlers.get(id) !== mine || this.deaf.has(message.to)) return;
            this.#handlers.get(message.to)?.received(message);
          });
        }
      },
      sendFrame: (peer, frame) => {
        this.largestFrameBytes = Math.max(this.largestFrameBytes, frame.byteLength);
        setImmediate(() => {
          if (this.#handlers.get(id) === mine && !this.deaf.has(peer))
            this.#handlers.get(peer)?.frame(id, new Uint8Array(frame));
        });
      },
      stop: () => {
        if (this.#handlers.get(id) === mine) this.#handlers.delete(id);
        return Promise.resolve();
      },
    };
  }
}
