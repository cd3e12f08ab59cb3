// Who adds, removes and replaces servers while everything else goes on: one change after another, each asked for again and
// again, at whoever leads, until it is known to be over. What was removed stays on for a while and may disturb; then its
// machine goes.
import type { NodeId } from '../../raft/core/index.ts';
import { messageOf, type Prng } from '../../src/lib/index.ts';
import type { StoreMemberChange, StoreMembership, StoreMembershipOutcome } from '../../src/store/index.ts';
import { sleep } from './clients.ts';
import type { SimServer } from './server.ts';
import { type Micros, MS, type Scheduler, SECOND } from './time.ts';
import type { Trace } from './trace.ts';

const LEAST_VOTERS = 3;
const MOST_SERVERS = 7;
/** At most; often at once, so that new leaders are asked too. */
const RETRY_TIME = 100 * MS;
const PATIENCE: Micros = 3 * SECOND;
/** What a server tells of its members may be so old. */
const STATUS_AGE: Micros = SECOND;
/** What was removed runs on for so long at most. */
const AFTERLIFE: Micros = 2 * SECOND;

export interface AdministratorParts {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly trace: Trace;
  readonly count: (what: string) => void;
  readonly failed: (error: unknown) => void;
  /** Those that are members, or are to be. Invariant: only this file changes it after the beginning. */
  readonly servers: SimServer[];
  readonly create: (id: NodeId) => SimServer;
  readonly leader: () => SimServer | undefined;
}

export class Administrator {
  readonly #parts: AdministratorParts;
  /** Ids are used once. */
  #created: number;
  /** What it is about; undefined: nothing. */
  #task: string | undefined;
  /** Started, and not known to be a member yet. */
  #joining: SimServer | undefined;
  #isReplacing = false;
  /** A machine is to be lost as soon as all logs are sound. */
  waitsForSoundness = false;

  constructor(parts: AdministratorParts) {
    this.#parts = parts;
    this.#created = parts.servers.length;
  }

  get isIdle(): boolean {
    return this.#task === undefined;
  }

  isJoining(server: SimServer): boolean {
    return server === this.#joining;
  }

  /** A new server becomes a learner, and a voter once it has caught up. */
  add(): readonly SimServer[] | undefined {
    if (!this.#canBegin || this.#parts.servers.length >= MOST_SERVERS) return undefined;
    const server = this.#join();
    this.#carryOut(`adds ${server.id}`, [addition(server)]);
    return [];
  }

  remove(random: Prng): readonly SimServer[] | undefined {
    const voters = this.#voters();
    if (!this.#canBegin || voters.length <= LEAST_VOTERS) return undefined;
    const server = random.pick(voters);
    server.isRemoved = true;
    this.#carryOut(`removes ${server.id}`, [{ kind: 'remove', member: server.id }], () => this.#retire(server));
    return [server];
  }

  /** A machine is lost with all its files: another one takes its place, under an id of its own, in one change. */
  replace(random: Prng): readonly SimServer[] | undefined {
    const voters = this.#voters();
    // A majority of logs has to be sound all the time.
    const areSound = this.#parts.servers.every(({ isSound }) => isSound);
    if (!this.#canBegin || voters.length < LEAST_VOTERS) return undefined;
    this.waitsForSoundness = !areSound;
    if (!areSound) return undefined;
    const lost = random.pick(voters);
    this.#isReplacing = true;
    lost.crash(true);
    this.#drop(lost);
    const server = this.#join();
    this.#carryOut(`replaces ${lost.id} by ${server.id}`, [addition(server), { kind: 'remove', member: lost.id }]);
    return [lost];
  }

  /** A machine is lost, and its place not taken yet. */
  get isReplacing(): boolean {
    return this.#isReplacing;
  }

  /** So many vote that one of them may be lost: nobody is still to be promoted. */
  get mayLoseOne(): boolean {
    return this.#voters().length >= LEAST_VOTERS;
  }

  /** Members of older software know no changes. */
  get #canBegin(): boolean {
    const { servers, leader } = this.#parts;
    return this.isIdle && leader() !== undefined && servers.every(({ isOld }) => !isOld);
  }

  /** As the leader has them, if no change is under way. */
  #voters(): readonly SimServer[] {
    const membership = this.#parts.leader()?.running?.consensus.status().membership;
    if (membership === undefined || membership.outgoing !== undefined || membership.learners.length > 0) return [];
    // A leader may not know yet that one of them is removed.
    return this.#parts.servers.filter(({ id, isRemoved }) => !isRemoved && membership.voters.includes(id));
  }

  #join(): SimServer {
    const { servers, create } = this.#parts;
    this.#created += 1;
    const server = create(`n${this.#created}` as NodeId);
    servers.push(server);
    server.start();
    this.#joining = server;
    return server;
  }

  #retire(server: SimServer): void {
    const { scheduler, random } = this.#parts;
    scheduler.after(random.int(AFTERLIFE), () => {
      server.crash(false);
      this.#drop(server);
    });
  }

  #drop(server: SimServer): void {
    const { servers } = this.#parts;
    servers.splice(0, servers.length, ...servers.filter((other) => other !== server));
    server.isRemoved = true;
    server.isGone = true;
  }

  #carryOut(task: string, changes: readonly StoreMemberChange[], after?: () => void): void {
    const { scheduler, trace, failed, count } = this.#parts;
    this.#task = task;
    trace.note('world', `administrator ${task}`);
    this.#insist(changes).then(() => {
      trace.note('world', `administrator: ${task}: done`);
      count('change of members done');
      this.#task = undefined;
      this.#joining = undefined;
      scheduler.after(STATUS_AGE, () => {
        // Another one may have begun.
        if (this.isIdle) this.#isReplacing = false;
      });
      after?.();
    }, failed);
  }

  /** Until the members are as the changes would have them. */
  async #insist(changes: readonly StoreMemberChange[]): Promise<void> {
    const { scheduler, random, trace, leader } = this.#parts;
    for (;;) {
      const store = leader()?.running?.store;
      const remaining = store === undefined ? changes : remainingOf(changes, store.membership());
      // An earlier attempt whose end was not seen may have done it.
      if (remaining.length === 0) return;
      if (store !== undefined) {
        const outcome = await this.#ask(() => {
          const patience = new AbortController();
          scheduler.after(PATIENCE, () => patience.abort());
          return store.changeMembership(remaining, patience.signal);
        });
        trace.note('world', `administrator: ${outcome.kind}${'message' in outcome ? `, ${outcome.message}` : ''}`);
        if (outcome.kind === 'done') return;
      }
      await sleep(scheduler, MS + random.int(random.chance(0.5) ? RETRY_TIME / 10 : RETRY_TIME));
    }
  }

  async #ask(ask: () => Promise<StoreMembershipOutcome>): Promise<StoreMembershipOutcome> {
    try {
      return await ask();
    } catch (error) {
      return { kind: 'unknown', message: messageOf(error) };
    }
  }
}

/** What has not happened yet, as the leader tells it. */
function remainingOf(
  changes: readonly StoreMemberChange[],
  { members, removed, changing }: StoreMembership,
): readonly StoreMemberChange[] {
  if (changing) return changes;
  const isMember = (id: string): boolean => members.some((member) => member.id === id);
  return changes.filter(({ kind, member }) => (kind === 'remove' ? !removed.includes(member) : !isMember(member)));
}

function addition({ id }: SimServer): StoreMemberChange {
  return { kind: 'add', member: id, address: `${id}:1`, autoPromote: true };
}
