// The invariants of Raft, checked at each event that could break them, from what crosses the ports of the production
// code: messages as they leave, batches as they become durable, entries as they are handed to the state machines.
import {
  describeMessage,
  type Entry,
  type HardState,
  type LogPosition,
  type Membership,
  type Message,
  type NodeId,
  type PersistBatch,
} from '../../raft/core/index.ts';
import { membershipOf } from '../../raft/core/membership.ts';
import type { CommittedEntry, RaftLog } from '../../raft/node/index.ts';

/** A broken invariant: the run ends with it. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function violation(what: string): never {
  throw new Violation(what);
}

type Batch = Pick<PersistBatch, 'hardState' | 'entries'> & Partial<Pick<PersistBatch, 'reset' | 'endsRepair'>>;

/** What is known of one server's disk. */
interface Durable {
  hardState: HardState;
  /** Terms by index − 1. */
  readonly terms: number[];
  /** The term in which the server was when the entry became durable: an acknowledgement of it counts in that term only. */
  readonly writtenIn: number[];
  readonly generation: number;
  /** Set while the log is repaired after damage: what the lost one held (it was acknowledged, and leaders may have counted it), and how much was known to be committed then. */
  lost: (Pick<Durable, 'terms' | 'writtenIn'> & { readonly committed: number }) | undefined;
}

interface Committed {
  readonly term: number;
  readonly content: string;
}

/** Entries are short here: comparing them whole is cheaper than hashing each. */
function contentOf({ kind, data }: { readonly kind: string; readonly data: Uint8Array }): string {
  return kind + Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
}

/** Counted here, and not by the code that is checked. */
function isQuorumOf({ voters, outgoing }: Membership, holds: (voter: NodeId) => boolean): boolean {
  const isMajority = (of: readonly NodeId[]): boolean => 2 * of.filter(holds).length > of.length;
  return isMajority(voters) && (outgoing === undefined || isMajority(outgoing));
}

export class RaftChecks {
  /** Those that were committed, the founding one first. */
  readonly #memberships: Membership[];
  /** Every membership entry that a leader ever sent, by index and term. */
  readonly #proposed = new Map<string, Membership>();
  readonly #count: (what: string) => void;
  readonly #durable = new Map<NodeId, Durable>();
  /** Log matching: what (index, term) is, and the term before it. By induction equal entries have equal prefixes. */
  readonly #entries = new Map<string, string>();
  readonly #leaders = new Map<number, NodeId>();
  /** The index of the first entry of each term: its leader's no-op. */
  readonly #firstOfTerm = new Map<number, number>();
  readonly #votes = new Map<string, NodeId>();
  /** By index − 1: what any server has handed to its state machine. */
  readonly #committed: Committed[] = [];
  readonly #applied = new Map<NodeId, number>();
  /** The snapshot that took the place of the state last, in this process. */
  readonly #installed = new Map<NodeId, number>();
  /** By applied index: the first state seen there. */
  readonly #states = new Map<number, { readonly id: NodeId; readonly hash: string }>();

  constructor(founding: Membership, count: (what: string) => void) {
    this.#memberships = [founding];
    this.#count = count;
  }

  /** How many different leaders there were. */
  get leaders(): number {
    return this.#leaders.size;
  }

  get committedEntries(): number {
    return this.#committed.length;
  }

  /** A process of `id` has opened its log, which must hold everything that was durable before. */
  opened(id: NodeId, log: RaftLog): void {
    const known = this.#durable.get(id);
    const terms: number[] = [];
    const base = log.firstIndex() - 1;
    this.#isCommitted(id, base, log.term(base as Entry['index']) ?? -1);
    for (let index = 1; index <= base; index++) terms.push(this.#committed[index - 1]?.term ?? -1);
    for (let index = base + 1; index <= log.lastIndex(); index++) terms.push(log.term(index as Entry['index']) ?? -1);
    const hardState = log.hardState();
    const { generation, repairing } = log.life;
    const isFresh = known !== undefined && generation > known.generation;
    if (known !== undefined) {
      if (!isFresh)
        known.terms.forEach((term, i) => {
          // A batch that was under way at the crash may be there too: then what it cut is gone rightly.
          if (terms[i] !== term && !this.#wasUnderWay(id, i + 1, terms[i])) {
            violation(`durability: ${id} lost entry ${i + 1}@${term} at a restart`);
          }
        });
      if (hardState.term < known.hardState.term) violation(`durability: ${id} lost term ${known.hardState.term}`);
      const isSameTerm = hardState.term === known.hardState.term && known.hardState.votedFor !== undefined;
      if (isSameTerm && hardState.votedFor !== known.hardState.votedFor) violation(`durability: ${id} lost its vote`);
    }
    const writtenIn = terms.map((term, i) =>
      !isFresh && known?.terms[i] === term ? (known.writtenIn[i] ?? term) : term,
    );
    // What a log that repairs has acknowledged counts for nobody: of several lost ones the first is what leaders counted.
    const lost = repairing
      ? (known?.lost ?? (isFresh ? { ...known, committed: this.#committed.length } : undefined))
      : undefined;
    this.#durable.set(id, { hardState, terms, writtenIn, generation, lost });
    this.#underWay.delete(id);
  }

  readonly #underWay = new Map<NodeId, Batch>();

  /** Whether the batch under way at the last crash explains that entry `index` is another one, or gone. */
  #wasUnderWay(id: NodeId, index: number, term: number | undefined): boolean {
    const batch = this.#underWay.get(id);
    if (batch?.reset !== undefined) return true;
    const first = batch?.entries[0];
    if (batch === undefined || first === undefined || index < first.index) return false;
    return term === undefined || batch.entries.some((entry) => entry.index === index && entry.term === term);
  }

  /** The disk of `id` begins to write a batch. */
  writing(id: NodeId, batch: Batch): void {
    this.#underWay.set(id, batch);
  }

  /** The batch is durable. */
  written(id: NodeId, { hardState, reset, entries, endsRepair }: Batch): void {
    this.#underWay.delete(id);
    const durable = this.#durable.get(id);
    if (durable === undefined) return;
    if (hardState !== undefined) {
      if (hardState.term < durable.hardState.term) violation(`terms: ${id} went back to term ${hardState.term}`);
      durable.hardState = hardState;
    }
    if (reset !== undefined) this.#follows(id, durable, reset);
    this.#append(id, durable, entries);
    if (endsRepair === true) this.#repaired(id, durable);
  }

  /** Its log lacks nothing that was committed when the former one was lost, so it may count again. */
  #repaired(id: NodeId, durable: Durable): void {
    const { committed = 0 } = durable.lost ?? {};
    for (let i = 0; i < committed; i++) {
      if (durable.terms[i] !== this.#committed[i]?.term)
        violation(`repair: ${id} counts again without entry ${i + 1}, which was committed before its log was lost`);
    }
    durable.lost = undefined;
  }

  #append(id: NodeId, durable: Durable, entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    // Only what it held: a leader that is cut off may write another entry there, which nobody will commit.
    for (let i = first.index - 1; i < Math.min(durable.terms.length, this.#committed.length); i++) {
      const isCommitted = durable.terms[i] === this.#committed[i]?.term;
      const isSame = entries[i + 1 - first.index]?.term === durable.terms[i];
      if (isCommitted && !isSame)
        violation(`leader completeness: ${id} cut committed entry ${i + 1}@${durable.terms[i]}`);
    }
    durable.terms.length = first.index - 1;
    durable.writtenIn.length = first.index - 1;
    for (const entry of entries) {
      const previous = durable.terms.at(-1) ?? 0;
      durable.terms.push(entry.term);
      durable.writtenIn.push(durable.hardState.term);
      this.#matches(id, entry, previous);
    }
  }

  /**
   * A change of members begins when its leader has committed an entry of its own term, and when the change before it is
   * committed (dissertation §4.1 and the single-server bug of 2015): both are on the disks of a quorum by then.
   */
  #changes(leader: NodeId, entry: Entry): void {
    const key = `${entry.index}@${entry.term}`;
    if (this.#proposed.has(key)) return;
    const isCommitted = (index: number, term: number): boolean =>
      [...this.#memberships, ...this.#proposed.values()].some((membership) =>
        isQuorumOf(membership, (voter) => this.#holds(voter, index, term)),
      );
    const first = this.#firstOfTerm.get(entry.term) ?? entry.index;
    if (!isCommitted(first, entry.term))
      violation(`membership: ${leader} began the change in ${key} before it had committed anything in its term`);
    const terms = this.#durable.get(leader)?.terms ?? [];
    for (const [earlier, { index = 0 }] of this.#proposed) {
      const term = terms[index - 1] ?? entry.term;
      if (index >= entry.index || earlier !== `${index}@${term}`) continue;
      if (!isCommitted(index, term))
        violation(`membership: ${leader} began the change in ${key} while the one in ${earlier} was not committed`);
    }
    this.#proposed.set(key, membershipOf(entry));
  }

  #proposes(leader: NodeId, entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (!this.#firstOfTerm.has(entry.term)) this.#firstOfTerm.set(entry.term, entry.index);
      if (entry.kind === 'membership') this.#changes(leader, entry);
    }
  }

  #holds(id: NodeId, index: number, term: number): boolean {
    return this.#copies(id).some(({ terms }) => terms[index - 1] === term);
  }

  /** What it holds durably, and, while it repairs a lost log, what that one held. */
  #copies(id: NodeId): readonly Pick<Durable, 'terms' | 'writtenIn'>[] {
    const durable = this.#durable.get(id);
    return durable === undefined ? [] : [durable, durable.lost].filter((copy) => copy !== undefined);
  }

  /** The log begins anew after a snapshot: everything in it must have been committed. */
  #follows(id: NodeId, durable: Durable, reset: LogPosition): void {
    this.#count('log followed a snapshot');
    this.#isCommitted(id, reset.index, reset.term);
    durable.terms.length = 0;
    durable.writtenIn.length = 0;
    for (let i = 0; i < reset.index; i++) {
      durable.terms.push(this.#committed[i]?.term ?? -1);
      // It was never acknowledged by this log.
      durable.writtenIn.push(-1);
    }
    if ((this.#applied.get(id) ?? 0) < reset.index) this.#applied.set(id, reset.index);
  }

  #isCommitted(id: NodeId, index: number, term: number): void {
    if (index > 0 && this.#committed[index - 1]?.term !== term)
      violation(`snapshots: the log of ${id} begins after ${index}@${term}, which was not committed`);
  }

  /** The state of `id` was replaced by a snapshot. */
  installed(id: NodeId, snapshot: LogPosition): void {
    this.#count('snapshot installed');
    this.#isCommitted(id, snapshot.index, snapshot.term);
    this.#installed.set(id, snapshot.index);
    if ((this.#applied.get(id) ?? 0) < snapshot.index) this.#applied.set(id, snapshot.index);
  }

  #matches(id: NodeId, entry: Entry, previousTerm: number): void {
    const key = `${entry.index}@${entry.term}`;
    const content = `${previousTerm} ${contentOf(entry)}`;
    const known = this.#entries.get(key);
    if (known === undefined) this.#entries.set(key, content);
    else if (known !== content) violation(`log matching: ${id} holds another entry ${key}`);
  }

  /** A message leaves its sender. */
  sent(message: Message): void {
    this.#isDurable(message);
    if (message.kind === 'appendRequest') this.#proposes(message.from, message.entries);
    if (message.kind === 'appendRequest' || message.kind === 'heartbeatRequest') this.#leads(message);
    if (message.kind === 'voteResponse' && message.granted) this.#voted(message.term, message.from, message.to);
    if (message.kind === 'voteRequest') this.#voted(message.term, message.from, message.from);
    this.#elects(message);
  }

  /** Who repairs its log may have acknowledged what it does not hold, and elects nobody. */
  #elects(message: Message): void {
    if (this.#durable.get(message.from)?.lost === undefined) return;
    const isGrant = (message.kind === 'voteResponse' || message.kind === 'preVoteResponse') && message.granted;
    if (isGrant || message.kind === 'voteRequest' || message.kind === 'preVoteRequest')
      violation(`repair: ${message.from} takes part in an election: ${describeMessage(message)}`);
  }

  /** Persist before send: terms, votes and acknowledgements are on the disk of who tells them. */
  #isDurable(message: Message): void {
    const durable = this.#durable.get(message.from);
    if (durable === undefined || message.kind === 'preVoteRequest') return;
    if (message.kind === 'preVoteResponse' && message.granted) return;
    const { hardState, terms } = durable;
    const what = describeMessage(message);
    if (message.term > hardState.term) violation(`persist before send: term not durable: ${what}`);
    // A promise of an older term may speak of what has been cut off since.
    const isPromise = message.kind === 'appendResponse' || message.kind === 'voteResponse';
    if (isPromise && message.term < hardState.term) violation(`persist before send: promise of a former term: ${what}`);
    if (message.kind === 'voteResponse' && message.granted && message.term === hardState.term) {
      if (hardState.votedFor !== message.to) violation(`persist before send: vote not durable: ${what}`);
    }
    if (message.kind === 'appendResponse' && message.result.kind === 'accepted' && message.term === hardState.term) {
      if (message.result.match > terms.length) violation(`persist before send: entries not durable: ${what}`);
    }
  }

  /** Election safety: one leader a term, and it has everything that was committed before. */
  #leads(message: Message & { kind: 'appendRequest' | 'heartbeatRequest' }): void {
    const known = this.#leaders.get(message.term);
    if (known !== undefined) {
      if (known !== message.from) violation(`election safety: ${known} and ${message.from} lead term ${message.term}`);
      return;
    }
    this.#leaders.set(message.term, message.from);
    if (message.kind !== 'appendRequest') return;
    const newest = this.#committed.findLastIndex((entry) => entry.term < message.term) + 1;
    const isShort = message.previous.index + message.entries.length < newest;
    if (isShort) violation(`leader completeness: ${message.from} leads term ${message.term} without entry ${newest}`);
  }

  #voted(term: number, voter: NodeId, candidate: NodeId): void {
    const key = `${term} ${voter}`;
    const known = this.#votes.get(key);
    if (known !== undefined && known !== candidate) violation(`${voter} voted twice in term ${term}`);
    this.#votes.set(key, candidate);
  }

  /** The state of a server that has applied everything up to `index`, and nothing else, has this hash: as everywhere. */
  stateIs(id: NodeId, index: number, hash: string): void {
    const known = this.#states.get(index);
    if (known === undefined) this.#states.set(index, { id, hash });
    else if (known.hash !== hash) {
      violation(`state-machine safety: the state of ${id} after entry ${index} is not that of ${known.id}`);
    }
  }

  /** A new process begins to apply after `index`. */
  restarted(id: NodeId, index: number): void {
    this.#applied.set(id, index);
    this.#installed.delete(id);
  }

  /** State-machine safety: the same entry at each index everywhere, in order, and durable on a majority. */
  applied(id: NodeId, entries: readonly CommittedEntry[]): void {
    for (const entry of entries) {
      const expected = (this.#applied.get(id) ?? 0) + 1;
      // What was on its way to the state when a snapshot took its place is in the snapshot.
      const isInSnapshot = entry.index <= (this.#installed.get(id) ?? 0);
      if (entry.index !== expected && !isInSnapshot)
        violation(`commit order: ${id} applies ${entry.index} instead of ${expected}`);
      this.#applied.set(id, Math.max(entry.index, expected - 1));
      const known = this.#committed[entry.index - 1];
      const content = contentOf(entry);
      if (known === undefined) {
        if (entry.kind === 'membership') this.#memberships.push(membershipOf(entry));
        this.#isOnMajority(entry);
        this.#committed[entry.index - 1] = { term: entry.term, content };
      } else if (known.term !== entry.term || known.content !== content) {
        violation(`state-machine safety: ${id} applies another entry ${entry.index}@${entry.term}`);
      }
    }
  }

  /**
   * By which members an entry may have been committed: the newest membership up to it, or one after it that its leader
   * had in its log already (dissertation §4.1: the newest in the log counts, committed or not).
   */
  #candidates(index: number): readonly Membership[] {
    const newest = this.#memberships.at(-1);
    const later = [...this.#proposed.values()].filter((membership) => (membership.index ?? 0) > index);
    if (newest === undefined) return later;
    // Once a joint membership is committed, its leader goes on with the new half, which may not have been sent yet.
    const isOver = newest.outgoing !== undefined && (newest.index ?? 0) < index;
    return [newest, ...(isOver ? [{ voters: newest.voters, learners: newest.learners }] : []), ...later];
  }

  /**
   * The commit rule (§5.4.2): a quorum holds the entry, and it or one after it was acknowledged by a quorum in the very term
   * it is of. Replicating an entry of an older term to a majority commits nothing. While a membership is joint, a quorum is
   * a majority of both its halves.
   */
  #isOnMajority(entry: CommittedEntry): void {
    const memberships = this.#candidates(entry.index);
    const isQuorum = (holds: (voter: NodeId) => boolean): boolean =>
      memberships.some((membership) => isQuorumOf(membership, holds));
    const at = entry.index - 1;
    if (!isQuorum((voter) => this.#holds(voter, entry.index, entry.term))) {
      const holders = [...this.#durable.keys()].filter((id) => this.#holds(id, entry.index, entry.term));
      violation(`commit rule: entry ${entry.index}@${entry.term} is applied but durable only at ${holders.join(' ')}`);
    }
    const copies = [...this.#durable.keys()].flatMap((id) => this.#copies(id));
    const longest = Math.max(...copies.map(({ terms }) => terms.length));
    for (let i = at; i < longest; i++) {
      const terms = new Set(
        copies.flatMap(({ terms, writtenIn }) => (writtenIn[i] === terms[i] ? (terms[i] ?? []) : [])),
      );
      const isAcknowledged = (voter: NodeId, term: number): boolean =>
        this.#copies(voter).some((log) => log.terms[i] === term && log.writtenIn[i] === term);
      if ([...terms].some((term) => isQuorum((voter) => isAcknowledged(voter, term)))) return;
    }
    violation(`commit rule: entry ${entry.index}@${entry.term} was never acknowledged by a quorum in its own term`);
  }
}
