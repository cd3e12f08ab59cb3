// The object store of one process without a log or a disk: the same state machine, history and watch hub as the
// replicated store, for tests and for single components. It promises the port's contract except survival.
import type { CancelSignal, Clock } from '../lib/index.ts';
import { rebase, recordsOf } from './archive/rebase.ts';
import { stateStream } from './archive/records.ts';
import { type PackedCommand, packCommand } from './command.ts';
import type { Change } from './history.ts';
import type { StoreMembership, StoreMembershipOutcome, TransferOutcome } from './membership-port.ts';
import {
  type Command,
  type CommitOutcome,
  type ObjectStore,
  type Revision,
  type Snapshot,
  type StoreStatus,
  StoreStoppedError,
  StoreTimeoutError,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from './port.ts';
import { Retention } from './retention.ts';
import { StateMachine } from './state-machine.ts';
import { RevisionWaiters } from './waiters.ts';
import { WatchHub } from './watch-hub.ts';

const NO_MEMBERS = 'this store is kept in one process and has no members';
const USE_RAFT = 'Use a server with the raft backend.';

export interface MemoryStoreOptions {
  /** Ages the history; no timer is kept. */
  readonly clock: Clock;
  /** Told when a watch sink throws; the watch is ended in any case. */
  readonly sinkFailed?: (error: unknown) => void;
}

interface Waiting {
  readonly command: PackedCommand;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** A store that forgets everything when it stops. It may be used without start(). */
export function createMemoryStore(options: MemoryStoreOptions): ObjectStore {
  return new MemoryStore(options);
}

class MemoryStore implements ObjectStore {
  readonly #machine = new StateMachine();
  readonly #hub: WatchHub;
  readonly #retention: Retention;
  readonly #waiters = new RevisionWaiters();
  #turn: Waiting[] = [];
  #stopped = false;

  constructor({ clock, sinkFailed = () => {} }: MemoryStoreOptions) {
    this.#hub = new WatchHub({ machine: this.#machine, defer: (run) => setImmediate(run), sinkFailed });
    this.#retention = new Retention(clock, this.#machine);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#applyTurn();
    this.#stopped = true;
    this.#hub.stop();
    this.#waiters.rejectAll(new StoreStoppedError('the store has stopped'));
    return Promise.resolve();
  }

  commit(command: Command, signal: CancelSignal): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) throw new StoreStoppedError('the store has stopped');
      if (signal.aborted) throw new StoreTimeoutError('given up before the command was sent');
      if (this.#turn.length === 0) queueMicrotask(() => this.#applyTurn());
      this.#turn.push({ command: packCommand(command), resolve, reject });
    });
  }

  readBarrier(signal: CancelSignal): Promise<Revision> {
    if (this.#stopped) return Promise.reject(new StoreStoppedError('the store has stopped'));
    if (signal.aborted) return Promise.reject(new StoreTimeoutError('given up before the read'));
    return Promise.resolve(this.#machine.revision);
  }

  waitFor(revision: Revision, signal: CancelSignal): Promise<void> {
    if (this.#stopped) return Promise.reject(new StoreStoppedError('the store has stopped'));
    if (revision <= this.#machine.revision) return Promise.resolve();
    return this.#waiters.wait(revision, signal);
  }

  snapshot(revision?: Revision): Snapshot {
    return this.#machine.snapshot(revision);
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    if (this.#stopped) throw new StoreStoppedError('the store has stopped');
    return this.#hub.watch(options, sink);
  }

  status(): StoreStatus {
    const { revision, compactedRevision } = this.#machine;
    return {
      member: undefined,
      leader: undefined,
      role: 'leader',
      term: 0,
      commitIndex: revision,
      appliedIndex: revision,
      revision,
      compactedRevision,
      checkpoints: [],
      disk: undefined,
      ready: !this.#stopped,
      reason: this.#stopped ? 'the store has stopped' : undefined,
      repairing: undefined,
    };
  }

  onStatusChange(): () => void {
    return () => {};
  }

  membership(): StoreMembership {
    return { members: [], index: 0, changing: false, removed: [] };
  }

  changeMembership(): Promise<StoreMembershipOutcome> {
    return Promise.resolve({ kind: 'refused', reason: 'unsupported', message: NO_MEMBERS, remedy: USE_RAFT });
  }

  backup(): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
    const state = rebase(this.#machine, 0, { index: this.#machine.revision, term: 0 });
    return Promise.resolve(stateStream(recordsOf(state)));
  }

  transferLeadership(): Promise<TransferOutcome> {
    return Promise.resolve({ kind: 'refused', message: NO_MEMBERS, remedy: USE_RAFT });
  }

  /** Applies what one turn brought, publishes it, then answers: an answer is never older than what watchers were given. */
  #applyTurn(): void {
    const turn = this.#turn;
    this.#turn = [];
    const changes: Change[] = [];
    const outcomes = turn.map(({ command }) => this.#machine.execute(command.conditions, command.writes, changes));
    this.#hub.publish(changes);
    const compactTo = this.#retention.check();
    if (compactTo !== undefined) this.#machine.compact(compactTo);
    for (const [i, outcome] of outcomes.entries()) turn[i]?.resolve(outcome);
    this.#waiters.reached(this.#machine.revision);
  }
}
