// One simulated server: the production node, log and store of one member, over the simulated world. It can die and be
// started again on what its disk kept.

import type { CoreLimits } from '../../raft/core/index.ts';
import {
  type CommittedEntry,
  type Consensus,
  inlineConsensus,
  type LogIndex,
  type Membership,
  type NodeId,
  openLog,
  type RaftLog,
} from '../../raft/node/index.ts';
import { type Clock, type Fatal, messageOf, type Prng, silentLogger, UserError } from '../../src/lib/index.ts';
import { FEATURE_LEVEL } from '../../src/store/command.ts';
import { createReplicatedStore, type ReplicatedStore } from '../../src/store/index.ts';
import { DAMAGES, type Damage } from './damage.ts';
import { SimDisk } from './disk.ts';
import { SimDatabase } from './key-value.ts';
import type { Network } from './network.ts';
import type { RaftChecks } from './raft-checks.ts';
import { type Incarnation, type Micros, MS, type Scheduler, virtualClock } from './time.ts';
import type { Trace } from './trace.ts';
import { type DiskHealth, simulatedWriter } from './writer.ts';

/** Small, so that logs roll over and older entries are read back from the disk. */
const LOG_LIMITS = {
  segmentLimitBytes: 6 * 1024,
  segmentStepBytes: 2 * 1024,
  recentLimitBytes: 8 * 1024,
  keptBytes: 0,
  laggardBytes: 128 * 1024,
};
/** Snapshots take many chunks. */
const SNAPSHOT_CHUNK_BYTES = 1024;
/** Often, so that states are compared under faults. */
const CHECKPOINTS = { periodMs: 1_000, entries: 100 };
const RESERVE_BYTES = 1024;
/** How long an operator needs to restore a server's files. */
const REPAIR_TIME = 100 * MS;
/** How long a rebuilt state takes to be durable. */
const REBUILT_TIME = 500 * MS;
const CLOCK_SKEW_LIMIT_MS = 5_000;

export interface World {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly trace: Trace;
  readonly network: Network;
  readonly checks: RaftChecks;
  readonly membership: Membership;
  readonly limits: CoreLimits;
  /** The founding servers begin with older software. */
  readonly isUpgraded: boolean;
  readonly count: (what: string) => void;
  /** Ends the run. */
  readonly failed: (error: unknown) => void;
}

/** A running process. */
export interface Running {
  readonly incarnation: Incarnation;
  readonly consensus: Consensus;
  readonly store: ReplicatedStore;
  readonly clock: Clock;
  /** The store has started: it can be asked. */
  ready: boolean;
  /** What its clients do when they see their connections end. */
  readonly onDeath: Set<() => void>;
}

export class SimServer {
  readonly id: NodeId;
  readonly health: DiskHealth = { slowness: 0, failNext: false, hangs: false, full: false, low: false };
  running: Running | undefined;
  /** It is being removed, or was: it may say so and end. */
  isRemoved = false;
  /** Its machine is no more. */
  isGone = false;
  /** When it was sent the whole state last. */
  installedAt: Micros = Number.NEGATIVE_INFINITY;
  readonly #world: World;
  readonly #disk: SimDisk;
  readonly #database: SimDatabase;
  readonly #random: Prng;
  #incarnations = 0;
  /** How far the wall clock is off. */
  readonly #skew = { ms: 0 };
  /** Set while the files are damaged and no process has refused them: puts them back. */
  #restore: (() => void) | undefined;
  /** Since its files were damaged, when it was seen to be ready first: until then its peers may be all that holds the data. */
  #hurt: { readySince: number | undefined } | undefined;

  /** What its software knows; restarts keep it. */
  #featureLevel = FEATURE_LEVEL;

  constructor(id: NodeId, world: World) {
    this.id = id;
    if (world.isUpgraded && world.membership.voters.includes(id)) this.#featureLevel -= 1;
    this.#world = world;
    this.#random = world.random.fork();
    this.#disk = new SimDisk(this.#random.fork());
    this.#database = new SimDatabase(world.scheduler, this.#random.fork());
  }

  start(): void {
    const { scheduler, trace, failed } = this.#world;
    this.#incarnations += 1;
    const incarnation: Incarnation = {
      name: `${this.id}#${this.#incarnations}`,
      alive: true,
      pausedUntil: 0,
      held: [],
    };
    trace.note(this.id, `starts as ${incarnation.name}`);
    this.#skew.ms = this.#random.int(2 * CLOCK_SKEW_LIMIT_MS) - CLOCK_SKEW_LIMIT_MS;
    const clock = virtualClock(scheduler, incarnation, this.#skew);
    const fatal: Fatal = (reason, cause) => this.#fatal(incarnation, reason, cause);
    const defer = (turn: () => void): void => {
      scheduler.after(1 + this.#random.int(60), turn, incarnation);
    };
    const consensus = this.#consensus(incarnation, clock, fatal, defer);
    const store: ReplicatedStore = createReplicatedStore({
      consensus: this.#observed(consensus, () => store),
      keyValue: this.#database.open(incarnation),
      setStateAside: (found) => {
        trace.note(this.id, `sets its state aside: ${found}`);
        this.#world.count('state set aside');
        this.#database.setAside();
        return Promise.resolve(this.#database.open(incarnation));
      },
      clock,
      logger: silentLogger,
      fatal,
      origin: incarnation.name,
      featureLevel: this.#featureLevel,
      diskSpace: {
        directory: this.id,
        freeBytes: () => Promise.resolve(this.health.low ? RESERVE_BYTES / 2 : 4 * RESERVE_BYTES),
      },
      diskReserveBytes: RESERVE_BYTES,
      snapshotChunkBytes: SNAPSHOT_CHUNK_BYTES,
      checkpoints: CHECKPOINTS,
      defer,
    });
    const running: Running = { incarnation, consensus, store, clock, ready: false, onDeath: new Set() };
    this.running = running;
    store.start().then(
      () => {
        if (!incarnation.alive) return;
        // Damaged where nothing had been promised: the checks have seen that nothing is lost.
        this.#restore = undefined;
        running.ready = true;
      },
      (error: unknown) => {
        if (!incarnation.alive) return;
        if (this.#isFarewell(messageOf(error))) this.crash(false);
        else if (this.#restore !== undefined && isRefusal(error)) this.#refused(messageOf(error));
        else failed(new Error(`${this.id} does not start: ${messageOf(error)}`));
      },
    );
  }

  /** Neither damaged nor under repair, as far as it has been seen. */
  get isSound(): boolean {
    const hurt = this.#hurt;
    if (hurt === undefined) return true;
    const { now } = this.#world.scheduler;
    const isRepairing = this.running?.consensus.status().repair !== undefined;
    const isReady = this.running?.ready === true && !isRepairing && this.running.store.status().ready;
    hurt.readySince = isReady ? (hurt.readySince ?? now) : undefined;
    if (hurt.readySince === undefined || now - hurt.readySince < REBUILT_TIME) return false;
    this.#hurt = undefined;
    return true;
  }

  startIfDown(): void {
    if (this.running === undefined && !this.health.full && !this.isGone) this.start();
  }

  get isOld(): boolean {
    return this.#featureLevel < FEATURE_LEVEL;
  }

  /** From its next start on. */
  upgrade(): void {
    this.#world.trace.note(this.id, 'is given newer software');
    this.#featureLevel = FEATURE_LEVEL;
  }

  jumpClock(ms: number): void {
    this.#world.trace.note(this.id, `clock is set by ${ms.toFixed(0)} ms`);
    this.#skew.ms += ms;
  }

  /** Whether its files can be damaged so. */
  mayBeDamaged(kind: string): boolean {
    // Of one that has nothing yet only its peers could know what it lost (their files of known peers are not simulated).
    if (!this.#database.holdsState()) return false;
    // That there was a log is then known to its peers only, whose memory of each other is not simulated.
    return kind !== 'damage: the log gone' || this.isSound;
  }

  /** It dies, and its files are damaged, of which its operator has a copy. False: there was nothing to damage. */
  damage(kind: string, random: Prng): boolean {
    this.crash(false);
    // What was under way at its death may have taken the state with it.
    return this.mayBeDamaged(kind) && this.corrupt(DAMAGES[kind] ?? (() => false), random);
  }

  /** The same, with any damage. */
  corrupt(damage: Damage, random: Prng): boolean {
    this.#hurt = { readySince: undefined };
    if (this.#restore === undefined) {
      const [log, state] = [this.#disk.backup(), this.#database.backup()];
      this.#restore = () => {
        log();
        state();
      };
    }
    return damage({ disk: this.#disk, database: this.#database }, random);
  }

  /** Its log is a fresh one. The copy of its files is of no use any more: its peers know of the new log. */
  #repairs(damage: string): void {
    this.#world.trace.note(this.id, `repairs its log: ${damage}`);
    this.#world.count('log set aside');
    this.#restore = undefined;
  }

  /** It has seen the damage, and does not take part: its operator restores what it had. */
  #refused(reason: string): void {
    this.#world.trace.note(this.id, `refuses: ${reason}`);
    this.#world.count('damage refused');
    this.crash(false);
    this.#restore?.();
    this.#restore = undefined;
    this.#world.scheduler.after(REPAIR_TIME, () => this.startIfDown());
  }

  #consensus(owner: Incarnation, clock: Clock, fatal: Fatal, defer: (turn: () => void) => void): Consensus {
    const { scheduler, network, checks, membership, limits, count } = this.#world;
    const { id, health } = this;
    const disk = this.#disk;
    const random = this.#random.fork();
    const identity = { clusterId: 'sim', nodeId: id };
    return inlineConsensus({
      config: {
        id,
        clusterId: 'sim',
        membership,
        join: !membership.voters.includes(id),
        peerAddresses: {},
        seed: random.uint32(),
      },
      environment: { clock, logger: silentLogger, fatal },
      defer,
      limits,
      openLog: (mustExist) => {
        const label = owner.name;
        const repair = { quarantine: disk, label, incarnation: owner.name };
        const log = openLog(disk, identity, { limits: LOG_LIMITS, mustExist, repair });
        if (log.damage !== undefined && log.incarnation === owner.name) this.#repairs(log.damage);
        checks.opened(id, log);
        return watchBatches(log, id, checks, count);
      },
      openWriter: () => simulatedWriter({ scheduler, random, disk, health, owner }),
      openTransport: () => network.transport(id, owner),
    });
  }

  /** The same consensus, with each delivery to the state machine seen by the checks. */
  #observed(consensus: Consensus, store: () => ReplicatedStore): Consensus {
    const { checks, trace } = this.#world;
    const { id } = this;
    return {
      id,
      start: (handlers, state) => {
        checks.restarted(id, state.appliedIndex);
        checks.stateIs(id, state.appliedIndex, store().stateHash());
        const apply = (entries: readonly CommittedEntry[]): void => {
          trace.note(id, `applies ${entries[0]?.index}..${entries.at(-1)?.index}`);
          checks.applied(id, entries);
          handlers.stateMachine.apply(entries);
          // While a snapshot is taken over entries are held: the state is not that after the last of them.
          checks.stateIs(id, store().status().appliedIndex, store().stateHash());
        };
        return consensus.start({ ...wrapHandlers(handlers), stateMachine: { apply } }, state);
      },
      sendFrame: (peer, frame) => consensus.sendFrame(peer, frame),
      snapshotEnded: (peer, index) => consensus.snapshotEnded(peer, index),
      installed: (snapshot) => {
        trace.note(id, `installs the snapshot of ${snapshot.index}@${snapshot.term}`);
        checks.installed(id, snapshot);
        this.installedAt = this.#world.scheduler.now;
        checks.stateIs(id, store().status().appliedIndex, store().stateHash());
        return consensus.installed(snapshot);
      },
      propose: (commands) => consensus.propose(commands),
      readIndex: () => consensus.readIndex(),
      progress: (applied: LogIndex, durable: LogIndex) => consensus.progress(applied, durable),
      transferLeadership: (target) => consensus.transferLeadership(target),
      changeMembership: (changes) => consensus.changeMembership(changes),
      status: () => consensus.status(),
      stop: () => consensus.stop(),
    };
  }

  #fatal(incarnation: Incarnation, reason: string, cause: unknown): void {
    if (!incarnation.alive) return;
    const { trace, failed } = this.#world;
    const text = `${reason}: ${messageOf(cause)}`;
    trace.note(this.id, `fatal: ${text}`);
    if (this.#isFarewell(text)) {
      this.crash(false);
      return;
    }
    // A disk that fails ends its process, rightly; anything else is a bug.
    if (text.includes('EIO') || text.includes('ENOSPC')) this.crash(false);
    else failed(cause instanceof Error ? cause : new Error(text));
  }

  /** A member that was removed says so, and ends. */
  #isFarewell(text: string): boolean {
    return this.isRemoved && text.includes('this member was removed from the cluster');
  }

  /** The process is gone. `silently`: its machine too, so that nobody refuses connections. */
  crash(silently: boolean): void {
    const { running } = this;
    if (running === undefined) return;
    this.#world.trace.note(this.id, silently ? 'loses power' : 'dies');
    running.incarnation.alive = false;
    this.running = undefined;
    this.#disk.crash();
    this.#database.crash();
    Object.assign(this.health, { failNext: false, hangs: false });
    this.#world.network.died(this.id, silently);
    for (const seen of [...running.onDeath]) seen();
  }

  pause(until: number): void {
    if (this.running !== undefined) this.#world.scheduler.pause(this.running.incarnation, until);
  }
}

/** Damage that was found, and an identity or a log that is gone, are told with a remedy. Anything else is a bug. */
function isRefusal(error: unknown): boolean {
  return error instanceof UserError;
}

function wrapHandlers(handlers: Parameters<Consensus['start']>[0]): Parameters<Consensus['start']>[0] {
  return {
    stateMachine: handlers.stateMachine,
    snapshots: handlers.snapshots,
    leadershipChanged: (leadership) => handlers.leadershipChanged(leadership),
  };
}

/** Tells the checks which batch is being written and which became durable. */
function watchBatches(log: RaftLog, id: NodeId, checks: RaftChecks, count: (what: string) => void): RaftLog {
  const prepare = log.prepare.bind(log);
  const completed = log.completed.bind(log);
  let batch: Parameters<RaftLog['prepare']>[0] | undefined;
  log.prepare = (next) => {
    batch = next;
    checks.writing(id, next);
    return prepare(next);
  };
  log.completed = (job) => {
    const first = log.firstIndex();
    completed(job);
    if (batch !== undefined) checks.written(id, batch);
    if (batch?.endsRepair === true) count('log repaired');
    if (batch?.reset === undefined && log.firstIndex() > first) count('log compacted');
  };
  return log;
}
