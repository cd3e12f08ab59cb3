// The replicated state as this server has applied it: committed entries become changes, the changes go to the state database
// and to the watchers, and a snapshot takes the place of all of it at once.
//
// Invariant: machine, watch hub and applied index are of one moment; what was applied is recorded before it is published.
import { membershipOf, type SnapshotPosition } from '../../raft/core/index.ts';
import type { CommittedEntry, Consensus } from '../../raft/node/index.ts';
import { assert, type Clock, type Logger, messageOf } from '../lib/index.ts';
import { applyFailure, decodeCommand } from './command.ts';
import type { Change } from './history.ts';
import { Retention } from './retention.ts';
import type { Loaded } from './state/load.ts';
import type { StateDatabase } from './state/state-database.ts';
import { type Applied, StateMachine } from './state-machine.ts';
import { WatchHub } from './watch-hub.ts';

export interface AppliedStateOptions {
  readonly consensus: Consensus;
  readonly database: StateDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly historyLimitBytes?: number | undefined;
  readonly featureLevel?: number;
  readonly defer: (run: () => void) => void;
  /** Nothing is applied any more once this is false. */
  isOpen(): boolean;
  /** A command was applied. May end the store, or throw like one that cannot be applied. */
  observe(applied: Applied, index: number): void;
  /** A snapshot has taken the place of the state. Throws when this process is nobody there. */
  replaced(machine: StateMachine): void;
  /** The applied index has moved on. */
  advanced(): void;
  /** What came after a snapshot that took the place of the state is applied too. */
  settled(): void;
  failed(reason: string, error: unknown): void;
}

export class AppliedState {
  readonly #options: AppliedStateOptions;
  readonly #database: StateDatabase;
  readonly #observe: AppliedStateOptions['observe'];
  readonly #isOpen: () => boolean;
  #machine = new StateMachine();
  #hub: WatchHub;
  #retention: Retention;
  #appliedIndex = 0;
  /** Entries that wait while a snapshot takes the state's place. */
  #held: CommittedEntry[] | undefined;

  constructor(options: AppliedStateOptions) {
    this.#options = options;
    this.#database = options.database;
    this.#observe = (applied, index) => options.observe(applied, index);
    this.#isOpen = () => options.isOpen();
    this.#hub = this.#createHub();
    this.#retention = this.#createRetention();
  }

  get machine(): StateMachine {
    return this.#machine;
  }
  get hub(): WatchHub {
    return this.#hub;
  }
  get retention(): Retention {
    return this.#retention;
  }
  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** What the state database held at the start. */
  begin({ machine, appliedIndex }: Loaded): void {
    this.#machine = machine;
    this.#appliedIndex = appliedIndex;
    this.#hub = this.#createHub();
    this.#retention = this.#createRetention();
  }

  apply(entries: readonly CommittedEntry[]): void {
    if (!this.#isOpen()) return;
    if (this.#held !== undefined) {
      this.#held.push(...entries);
      return;
    }
    const changes: Change[] = [];
    let term: number | undefined;
    try {
      for (const entry of entries) {
        if (entry.index <= this.#appliedIndex) continue;
        assert(entry.index === this.#appliedIndex + 1, 'log entries are applied without a hole');
        if (entry.kind === 'command') this.#observe(this.#applyCommand(entry, changes), entry.index);
        if (entry.kind === 'membership') this.#database.members(membershipOf(entry));
        this.#appliedIndex = entry.index;
        term = entry.term;
      }
      if (!this.#isOpen()) return;
      if (term !== undefined) this.#database.applied(this.#appliedIndex, term);
      this.#hub.publish(changes);
    } catch (error) {
      this.#database.abandon();
      this.#options.failed(applyFailure(error), error);
      return;
    }
    this.#options.advanced();
  }

  #applyCommand(entry: CommittedEntry, changes: Change[]): Applied {
    return this.#machine.apply(decodeCommand(entry.data, this.#options.featureLevel), changes);
  }

  /**
   * 1. What was received is verified, beside the state in use, which goes on applying.
   * 2. Entries are held. One batch makes the new state the durable one.
   * 3. It takes the place of the old one in memory; watches go on in its history; its sessions tell what became of the
   *    commands that are pending here.
   * 4. The log follows. A crash before that is made good by the next start.
   */
  async install(snapshot: SnapshotPosition): Promise<void> {
    const loaded = await this.#database.verifyIncoming(snapshot);
    if (!this.#isOpen() || snapshot.index <= this.#appliedIndex) return;
    this.#held = [];
    await this.#database.exchange(snapshot, loaded);
    if (!this.#isOpen()) return;
    try {
      this.#takeOver(snapshot, loaded.machine);
    } catch (error) {
      this.#options.failed(`a snapshot could not take the place of the state: ${messageOf(error)}`, error);
    }
  }

  #takeOver(snapshot: SnapshotPosition, machine: StateMachine): void {
    const before = this.#appliedIndex;
    this.#options.logger.info({ before, index: snapshot.index }, 'a snapshot takes the place of the state');
    this.#machine = machine;
    this.#appliedIndex = snapshot.index;
    this.#retention = this.#createRetention();
    this.#hub.moveTo(machine);
    this.#options.replaced(machine);
    this.follow(snapshot);
    this.#options.advanced();
    const held = this.#held ?? [];
    this.#held = undefined;
    this.apply(held);
    this.#options.settled();
  }

  /** The log follows an installed snapshot; when it has, the database need not remember where its state came from. */
  follow(snapshot: SnapshotPosition): void {
    void this.#options.consensus.installed(snapshot).then(() => this.#database.followed(snapshot.index));
  }

  #createHub(): WatchHub {
    const { defer, logger } = this.#options;
    const sinkFailed = (error: unknown): void =>
      logger.error({ error: messageOf(error) }, 'a watch failed and was ended');
    return new WatchHub({ machine: this.#machine, defer, sinkFailed });
  }

  #createRetention(): Retention {
    return new Retention(this.#options.clock, this.#machine, this.#options.historyLimitBytes);
  }
}
