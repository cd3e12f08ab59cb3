// A server whose state database was lost, or never held anything: nothing here is read until it has caught up once. The state
// comes from the own log where that reaches back far enough, else from a peer, which is asked until it sends it. Meanwhile the
// log is as durable as ever: this member votes and acknowledges; it leads when it knows the members (raft/core/memberships.ts).
import type { LogIndex, SnapshotPosition, Term } from '../../raft/core/index.ts';
import type { StateAtStart } from '../../raft/node/index.ts';
import type { ReplicatedStoreOptions } from './replicated-store-options.ts';
import type { SnapshotExchange } from './snapshot/exchange.ts';
import { StateDamageError } from './state/damage.ts';
import type { Loaded } from './state/load.ts';
import type { StateDatabase } from './state/state-database.ts';

export class StateRebuild {
  readonly #options: ReplicatedStoreOptions;
  readonly #snapshots: Pick<SnapshotExchange, 'want' | 'progress'>;
  readonly #appliedIndex: () => number;
  #isComplete = true;
  /** What was damaged, if the database was set aside by this process. */
  #damage: string | undefined;
  #asked = 0;

  constructor(
    options: ReplicatedStoreOptions,
    snapshots: Pick<SnapshotExchange, 'want' | 'progress'>,
    appliedIndex: () => number,
  ) {
    this.#options = options;
    this.#snapshots = snapshots;
    this.#appliedIndex = appliedIndex;
  }

  /** A damaged database is set aside, where there is a place for that, and the state begins anew. */
  async load(database: StateDatabase): Promise<Loaded> {
    const { setStateAside, stateDamage, logger } = this.#options;
    this.#damage = stateDamage;
    try {
      return this.#begin(await database.load());
    } catch (error) {
      if (!(error instanceof StateDamageError) || setStateAside === undefined) throw error;
      logger.error({ found: error.found }, 'the state database is damaged: it is set aside and rebuilt');
      database.replace(await setStateAside(error.found));
      this.#damage = error.found;
      return this.#begin(await database.load());
    }
  }

  #begin(loaded: Loaded): Loaded {
    this.#isComplete = loaded.appliedIndex > 0;
    return loaded;
  }

  /** What consensus has to know of the state: also what it stands for, so that a log that was lost can go on after it. */
  stateAtStart(
    { appliedIndex, appliedTerm, membership }: Loaded,
    snapshot: SnapshotPosition | undefined,
  ): StateAtStart {
    const index = appliedIndex as LogIndex;
    const isLost = this.#damage !== undefined;
    if (appliedTerm === undefined) return { appliedIndex: index, isLost, snapshot, membership };
    const term = appliedTerm as Term;
    // A state that knows of no change of members is that of the founders.
    const members = membership ?? this.#options.consensus.status().membership;
    const position = { index, term, leaderTerm: term, membership: members };
    return { appliedIndex: index, snapshot, membership, position };
  }

  /** Whether what is here was the state of the cluster at some time, so that it can be read by who asks for no more. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Everything that was acknowledged before is applied here. Returns whether that ends the rebuilding. */
  caughtUp(): boolean {
    const ends = !this.#isComplete || this.#damage !== undefined;
    if (ends) this.#options.logger.info({ appliedIndex: this.#appliedIndex() }, 'the state is complete');
    this.#isComplete = true;
    this.#damage = undefined;
    return ends;
  }

  /** The log of this server begins after its state: the leader is asked for the state, or, while this server leads, the others in turn. */
  ask(): void {
    const wanted = this.#wanted();
    if (wanted === undefined || this.#snapshots.progress !== undefined) return;
    const { id, leader, membership } = this.#options.consensus.status();
    const others = membership.voters.filter((member) => member !== id);
    const peer = leader === undefined || leader === id ? others[this.#asked % others.length] : leader;
    this.#asked += 1;
    if (peer !== undefined) this.#snapshots.want(peer, wanted);
  }

  /** What a person may know of the repair of state and log; undefined when there is none. */
  get progress(): string | undefined {
    const { repair, damage: logDamage, leader } = this.#options.consensus.status();
    if (repair !== undefined) {
      const { reached, target } = repair;
      const what = `repairing: the log was damaged (${logDamage ?? 'not known where'})`;
      if (leader === undefined) return `${what}: ${NO_LEADER}`;
      return `${what}: entry ${reached} of ${target ?? 'as many as the leader has'} is here, from ${leader}`;
    }
    const wanted = this.#wanted();
    if (this.#damage === undefined && wanted === undefined) return undefined;
    const what = `repairing: the state database was damaged (${this.#damage ?? 'it ends before the log begins'})`;
    const receiving = this.#snapshots.progress;
    if (receiving !== undefined) return `${what}: ${receiving}`;
    if (wanted !== undefined) return `${what}: waiting for a peer that has the state at entry ${wanted}`;
    return `${what}: applied up to entry ${this.#appliedIndex()} of the own log`;
  }

  #wanted(): LogIndex | undefined {
    const { stateWanted } = this.#options.consensus.status();
    return stateWanted !== undefined && this.#appliedIndex() < stateWanted ? stateWanted : undefined;
  }
}

const NO_LEADER =
  'no leader can be asked. One is elected by a majority of members whose logs are sound; ' +
  'if so many are not to be had any more, see `quorate recover`';
