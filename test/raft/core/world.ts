// The world of a transcript: cores, their disks, and messages that move only when told. Its commands are the language of
// test/raft/core/transcripts (see transcripts/README.md).
import {
  type CoreLimits,
  createRaftCore,
  describeMembership,
  describeMessage,
  describeReady,
  describeStatus,
  type Entry,
  type LogIndex,
  type LogLife,
  type MemberChange,
  type Membership,
  type Message,
  membershipOf,
  NO_MEMBERS,
  type NodeId,
  type PersistBatch,
  type RaftCore,
  type Term,
} from '../../../raft/core/index.ts';
import { defined } from '../../../src/lib/index.ts';
import { MemoryLog } from './memory-log.ts';

/** Small numbers, so that a transcript shows every limit. */
const LIMITS: CoreLimits = {
  heartbeatTicks: 2,
  electionTimeoutMinTicks: 6,
  electionTimeoutMaxTicks: 12,
  quickPreVotes: 0,
  appendLimitBytes: 8,
  inflightLimitMessages: 3,
  inflightLimitBytes: 16,
  uncommittedLimitBytes: 24,
  applyLimitBytes: 16,
};

/** Rounds of `run` after which a transcript counts as spinning. */
const ROUND_LIMIT = 200;

interface Node {
  readonly founding: Membership;
  readonly disk: MemoryLog;
  core: RaftCore;
  applied: LogIndex;
  batch: PersistBatch | undefined;
  /** In how many ticks something is due, by its own word, unless it hears something. */
  due: number | undefined;
  incarnation: number;
  /** Of its log, as the disk knows it. */
  life: LogLife;
}

const FIRST_LIFE: LogLife = { generation: 0, repairing: false };

export class World {
  readonly #nodes = new Map<string, Node>();
  #network: Message[] = [];
  readonly #cut = new Set<string>();
  #limits = LIMITS;
  /** How many ticks there were, and how many of them had been said to do nothing. */
  ticks = 0;
  quietTicks = 0;

  /** Carries out one command and returns its output. Throws for a command that does not exist. */
  run(line: string): string[] {
    const [verb = '', ...args] = line.trim().split(/\s+/);
    if (verb !== 'tick') for (const node of this.#nodes.values()) node.due = undefined;
    switch (verb) {
      case 'quick':
        this.#limits = { ...LIMITS, quickPreVotes: Number(args[0]) };
        return [];
      case 'members':
        return this.#members(args);
      case 'join':
        this.#add(args[0] ?? '', NO_MEMBERS);
        return [];
      case 'stop':
        this.#nodes.delete(args[0] ?? '');
        return [];
      case 'disk':
        return this.#disk(args);
      case 'tick':
        for (let i = 0; i < Number(args[1] ?? 1); i++) this.#tick(this.#node(args[0]));
        return this.#status(args[0]);
      case 'ready':
        return this.#ready(args[0]);
      case 'persist':
        return this.#persist(args[0]);
      case 'deliver':
        return this.#deliver(args);
      case 'drop':
        return this.#take(args).map((message) => `dropped ${describeMessage(message)}`);
      case 'run':
        return this.#settle();
      case 'time':
        return this.#time(Number(args[0]));
      case 'crash':
        return this.#crash(args[0]);
      case 'lose':
        return this.#lose(args[0]);
      case 'cut':
        for (const link of args) this.#cut.add(link);
        return [];
      case 'heal':
        this.#cut.clear();
        return [];
      default:
        return this.#input(verb, args);
    }
  }

  #input(verb: string, args: readonly string[]): string[] {
    const { core } = this.#node(args[0]);
    switch (verb) {
      case 'propose':
        core.propose(args.slice(1).map((text) => new TextEncoder().encode(text)));
        return [];
      case 'read':
        core.readIndex(Number(args[1]));
        return [];
      case 'unreachable':
        core.peerUnreachable(args[1] as NodeId);
        return this.#status(args[0]);
      case 'transfer':
        core.transferLeadership(args[1] as NodeId | undefined);
        return [];
      case 'change':
        return this.#change(args);
      case 'compact':
        this.#node(args[0]).disk.compact(Number(args[1]) as LogIndex);
        return [];
      case 'install':
        return this.#install(args);
      case 'sent':
        core.snapshotEnded(args[1] as NodeId, args[2] === undefined ? undefined : (Number(args[2]) as LogIndex));
        return [];
      case 'status':
        return describeStatus(core.status());
      case 'who': {
        const { membership, membershipSettled } = core.status();
        return [`${describeMembership(membership)}${membershipSettled ? '' : ', not settled'}`];
      }
      default:
        throw new Error(`unknown command ${verb}`);
    }
  }

  #node(id: string | undefined): Node {
    return defined(this.#nodes.get(id ?? ''), `node ${id}`);
  }

  /** install a 5@2 3: the state up to 5 of term 2 is durable at the node, sent by the leader of term 3. */
  #install(args: readonly string[]): string[] {
    const node = this.#node(args[0]);
    const [index = 0, term = 0] = (args[1] ?? '').split('@').map(Number);
    const began = node.core.installed({
      index: index as LogIndex,
      term: term as Term,
      leaderTerm: Number(args[2]) as Term,
      membership: this.#membershipAt(index),
    });
    return [began ? 'the log begins anew' : 'the log goes on'];
  }

  /** members a b c [learners d] */
  #members(args: readonly string[]): string[] {
    const split = args.indexOf('learners');
    const voters = (split < 0 ? args : args.slice(0, split)) as NodeId[];
    const learners = (split < 0 ? [] : args.slice(split + 1)) as NodeId[];
    for (const id of [...voters, ...learners]) this.#add(id, { voters, learners });
    return [];
  }

  /** A node that knows the members from nobody but its start. */
  #add(id: string, founding: Membership): void {
    const disk = new MemoryLog();
    const parts = { founding, disk, applied: 0 as LogIndex, incarnation: 0, life: FIRST_LIFE };
    this.#nodes.set(id, { ...parts, batch: undefined, due: undefined, core: this.#boot(id, parts) });
  }

  /** change a add d promote e remove c: in one step. `add d!` is promoted by the leader. */
  #change(args: readonly string[]): string[] {
    const changes: MemberChange[] = [];
    for (let i = 1; i + 1 < args.length; i += 2) {
      const [kind = '', name = ''] = args.slice(i, i + 2);
      const member = name.replace('!', '') as NodeId;
      if (kind === 'add') changes.push({ kind, member, address: `${member}:1`, autoPromote: name.endsWith('!') });
      else if (kind === 'promote' || kind === 'remove') changes.push({ kind, member });
      else throw new Error(`unknown change ${kind}`);
    }
    const answer = this.#node(args[0]).core.changeMembership(changes);
    switch (answer.kind) {
      case 'begun':
        return [`entry ${answer.index}`];
      case 'notLeader':
        return [`not the leader; that is ${answer.leader ?? 'unknown'}`];
      case 'refused':
        return [`refused (${answer.reason}): ${answer.message}`];
    }
  }

  /** The membership as of an index that is committed: what every log says that reaches so far. */
  #membershipAt(index: number): Membership {
    const nodes = [...this.#nodes.values()].filter((node) => node.disk.lastIndex() >= index);
    const entries = nodes.flatMap((node) => node.disk.memberships()).filter((entry) => entry.index <= index);
    const newest = entries.sort((a, b) => a.term - b.term || a.index - b.index).at(-1);
    if (newest !== undefined) return membershipOf(newest);
    return [...this.#nodes.values()][0]?.founding ?? NO_MEMBERS;
  }

  #boot(id: string, { founding, disk, applied, incarnation, life }: Omit<Node, 'core' | 'batch' | 'due'>): RaftCore {
    return createRaftCore({
      id: id as NodeId,
      membership: founding,
      hardState: disk.hardState,
      log: disk,
      life,
      appliedIndex: applied,
      limits: this.#limits,
      seed: id.charCodeAt(0) + 1000 * incarnation,
    });
  }

  /** disk a 3 b 1,1,2: the node begins in term 3 having voted for b (or -), with entries of these terms. */
  #disk(args: readonly string[]): string[] {
    const [id = '', term = '0', vote = '-', terms = ''] = args;
    const node = this.#node(id);
    node.disk.hardState = { term: Number(term) as Term, votedFor: vote === '-' ? undefined : (vote as NodeId) };
    node.disk.entriesHeld = terms
      .split(',')
      .filter((text) => text !== '')
      .map((text, i): Entry => {
        return { index: (i + 1) as LogIndex, term: Number(text) as Term, kind: 'noop', data: new Uint8Array(0) };
      });
    node.core = this.#boot(id, node);
    return describeStatus(node.core.status());
  }

  #status(id: string | undefined): string[] {
    return describeStatus(this.#node(id).core.status()).slice(0, 1);
  }

  #send(messages: readonly Message[]): void {
    for (const message of messages) {
      const { from, to } = message;
      const isCut = [`${from}-${to}`, `${to}-${from}`, `${from}>${to}`].some((link) => this.#cut.has(link));
      if (!isCut) this.#network.push(message);
    }
  }

  #ready(id: string | undefined): string[] {
    const node = this.#node(id);
    if (!node.core.hasReady()) return ['nothing'];
    const ready = node.core.ready();
    this.#send(ready.sendNow);
    if (ready.persist !== undefined) node.batch = ready.persist;
    node.applied = ready.committed.at(-1)?.index ?? node.applied;
    node.core.advance(ready);
    return describeReady(ready);
  }

  #persist(id: string | undefined): string[] {
    const node = this.#node(id);
    const batch = node.batch;
    if (batch === undefined) return ['nothing outstanding'];
    node.batch = undefined;
    node.disk.write(batch);
    if (batch.endsRepair) node.life = { ...node.life, repairing: false };
    this.#send(batch.sendAfterPersist);
    node.core.persisted(batch.id);
    return batch.sendAfterPersist.map((message) => `send ${describeMessage(message)}`);
  }

  /** [from>to] [kind]: the messages on their way that fit, all without arguments. `last`: the newest; `again`: all, and kept. */
  #take(args: readonly string[]): Message[] {
    if (args[0] === 'again') return [...this.#network];
    if (args[0] === 'last') return this.#network.splice(-1);
    const link = args.find((arg) => arg.includes('>'));
    const kind = args.find((arg) => !arg.includes('>'));
    const fits = (message: Message): boolean =>
      (link === undefined || link === `${message.from}>${message.to}`) && (kind === undefined || kind === message.kind);
    const taken = this.#network.filter(fits);
    this.#network = this.#network.filter((message) => !fits(message));
    return taken;
  }

  #deliver(args: readonly string[]): string[] {
    const taken = this.#take(args);
    for (const message of taken) this.#nodes.get(message.to)?.core.step(message);
    return taken.length === 0 ? ['nothing'] : taken.map((message) => describeMessage(message));
  }

  /** Everything flows until nothing moves; only what a user of the core notices is shown. */
  #settle(): string[] {
    const lines: string[] = [];
    for (let round = 0; round < ROUND_LIMIT; round++) {
      let moved = false;
      for (const [id, node] of this.#nodes) {
        if (node.core.hasReady()) {
          lines.push(
            ...this.#ready(id)
              .filter(isNoticeable)
              .map((line) => `${id} ${line}`),
          );
          moved = true;
        }
        if (node.batch !== undefined) {
          this.#persist(id);
          moved = true;
        }
      }
      if (this.#network.length > 0) {
        this.#deliver([]);
        moved = true;
      }
      if (!moved) return lines;
      for (const node of this.#nodes.values()) node.due = undefined;
    }
    throw new Error('the cluster does not come to rest');
  }

  /** Throws when a core has something to do after a tick that was to be quiet, or when what is due has come nearer by itself. */
  #tick(node: Node): void {
    const { core } = node;
    // First, for it asks and answers what this turn has gathered, as a driver's turn does before it plans.
    const isReady = core.hasReady();
    const due = core.ticksUntilDue();
    if (due < (node.due ?? 0)) throw new Error(`a tick is due in ${due}, not in ${node.due}`);
    const isQuiet = due > 1 && !isReady;
    core.tick();
    node.due = due > 1 ? due - 1 : undefined;
    this.ticks += 1;
    if (!isQuiet) return;
    this.quietTicks += 1;
    if (core.hasReady()) throw new Error('a tick that was to be quiet is not');
  }

  /** Ticks every node n times, with everything flowing after each tick. */
  #time(ticks: number): string[] {
    const lines: string[] = [];
    for (let i = 0; i < ticks; i++) {
      for (const node of this.#nodes.values()) this.#tick(node);
      lines.push(...this.#settle());
    }
    return lines;
  }

  /** Loses what is not durable, and what is on its way to or from the node; then starts it again. */
  #crash(id: string | undefined): string[] {
    const node = this.#node(id);
    node.batch = undefined;
    node.incarnation += 1;
    node.applied = 0 as LogIndex;
    this.#network = this.#network.filter((message) => message.from !== id && message.to !== id);
    node.core = this.#boot(id ?? '', node);
    return this.#status(id);
  }

  /** The log of a node was damaged: it starts with an empty one. What it had sent is still on its way. */
  #lose(id: string | undefined): string[] {
    const node = this.#node(id);
    const { term, votedFor } = node.disk.hardState;
    Object.assign(node.disk, new MemoryLog(), { hardState: { term, votedFor: votedFor ?? id } });
    node.batch = undefined;
    node.incarnation += 1;
    node.applied = 0 as LogIndex;
    node.life = { generation: node.life.generation + 1, repairing: true };
    node.core = this.#boot(id ?? '', node);
    return this.#status(id);
  }
}

function isNoticeable(line: string): boolean {
  return ['soft', 'commit', 'read', 'dropped', 'snapshot', 'contacts'].includes(line.split(' ')[0] ?? '');
}
