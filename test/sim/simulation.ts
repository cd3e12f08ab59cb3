// One run: a cluster, its clients and its faults, all from one seed; then it heals, and everything that was promised is
// verified. The production code runs unchanged; the world around it is simulated.
import type { NodeId } from '../../raft/core/index.ts';
import { messageOf, prng } from '../../src/lib/index.ts';
import { Administrator } from './administrator.ts';
import { Client, Watcher, type WorkloadParts } from './clients.ts';
import { Course } from './course.ts';
import { Faults } from './faults.ts';
import { areEqual, finalHistory } from './final-history.ts';
import { History } from './history.ts';
import { Contender, FENCE } from './leases.ts';
import { Network } from './network.ts';
import { NOTHING_LEFT_OUT, type Plan } from './plan.ts';
import { RaftChecks, violation } from './raft-checks.ts';
import { SimServer, type World } from './server.ts';
import { type Shape, shapeOf } from './shape.ts';
import { type Micros, MS, Scheduler, SECOND } from './time.ts';
import { Trace } from './trace.ts';
import { TRIAL_TIME, type Trial } from './trials.ts';

/** Faults go on until each kind has had its turns and the goals are met, but not for ever. */
const DECK_LIMIT = 48 * SECOND;
const FAULTY_LIMIT = 120 * SECOND;
const ACKNOWLEDGED_GOAL = 200;
/** So long everybody is well, before the trial and after it. */
const CALM_TIME = SECOND;
/** What the client that shows whether a trial is got over rests between two operations, at most. */
const PROBE_GAP = 400 * MS;
/** After healing: ten election timeouts for a leader (raft-and-storage.md, bar 4), then some for everybody to catch up. */
const LEADER_LIMIT = 10 * SECOND;
const CONVERGENCE_LIMIT = 30 * SECOND;

export interface RunResult {
  readonly seed: number;
  readonly members: number;
  readonly digest: string;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly leaders: number;
  readonly entries: number;
  readonly steps: number;
  readonly virtualSeconds: number;
  /** From healing to a leader that all follow: the longer of the two times. */
  readonly leaderMs: number;
  readonly faults: ReadonlyMap<string, number>;
  /** How long faults went on. */
  readonly faultyTime: Micros;
  /** Set when an invariant was broken: what, and the end of the trace. */
  readonly failure: { readonly reason: string; readonly trace: readonly string[] } | undefined;
}

/** Carries out the run of `seed`. `print` is given each line of the trace; `plan` says what is left out. */
export async function simulate(seed: number, print?: (line: string) => void, plan?: Plan): Promise<RunResult> {
  const run = new Run(seed, print, plan ?? NOTHING_LEFT_OUT);
  return run.go();
}

class Run {
  readonly #seed: number;
  readonly #plan: Plan;
  readonly #scheduler = new Scheduler();
  readonly #course = new Course(this.#scheduler);
  readonly #random;
  readonly #shape: Shape;
  readonly #trace: Trace;
  readonly #history = new History();
  readonly #counts = new Map<string, number>();
  readonly #checks: RaftChecks;
  readonly #servers: SimServer[];
  readonly #network: Network;
  readonly #administrator: Administrator;
  readonly #workload: WorkloadParts;
  /** Whose operations must end. */
  readonly #clients: (Client | Contender)[] = [];
  #leaderMs = 0;
  #faultyTime: Micros = 0;

  constructor(seed: number, print: ((line: string) => void) | undefined, plan: Plan) {
    this.#seed = seed;
    this.#plan = plan;
    this.#random = prng(seed);
    const scheduler = this.#scheduler;
    this.#trace = new Trace(scheduler, print);
    this.#shape = shapeOf(this.#random.fork());
    const { size, limits, thinkTime, isUpgraded } = this.#shape;
    const members = Array.from({ length: size }, (_, i) => `n${i + 1}` as NodeId);
    const count = (what: string): void => {
      this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    };
    const membership = { voters: members, learners: [] };
    this.#checks = new RaftChecks(membership, count);
    const trace = this.#trace;
    const failed = (error: unknown): void => this.#course.fail(error);
    this.#network = new Network(members, {
      scheduler,
      trace,
      count,
      random: this.#random.fork(),
      sent: (message) => this.#checks.sent(message),
    });
    const world: World = {
      scheduler,
      trace,
      count,
      failed,
      random: this.#random.fork(),
      network: this.#network,
      checks: this.#checks,
      membership,
      limits,
      isUpgraded,
    };
    this.#servers = members.map((id) => new SimServer(id, world));
    this.#administrator = new Administrator({
      scheduler,
      trace,
      count,
      failed,
      random: this.#random.fork(),
      servers: this.#servers,
      create: (id) => new SimServer(id, world),
      leader: () => this.#leader(),
    });
    this.#workload = {
      scheduler,
      trace,
      failed,
      random: this.#random.fork(),
      servers: this.#servers,
      history: this.#history,
      thinkTime,
      plan,
    };
  }

  async go(): Promise<RunResult> {
    try {
      // From here on everything runs in continuations of promises (see drainMicrotasks).
      await Promise.resolve();
      await this.#story();
    } catch (error) {
      this.#course.fail(error);
    }
    const { failure } = this.#course;
    return {
      seed: this.#seed,
      members: this.#shape.size,
      digest: this.#trace.digest(),
      acknowledged: this.#history.acknowledged,
      unknown: this.#history.unknown,
      leaders: this.#checks.leaders,
      entries: this.#checks.committedEntries,
      steps: this.#scheduler.steps,
      virtualSeconds: this.#scheduler.now / SECOND,
      leaderMs: this.#leaderMs,
      faults: this.#counts,
      faultyTime: this.#faultyTime,
      failure: failure === undefined ? undefined : { reason: messageOf(failure), trace: this.#trace.tail() },
    };
  }

  async #story(): Promise<void> {
    for (const server of this.#servers) server.start();
    this.#clients.push(
      ...this.#servers.map((server, i) => new Client(`client${i + 1}`, server, this.#workload)),
      ...[1, 2].map((i) => new Client(`roamer${i}`, undefined, this.#workload)),
      ...[1, 2].map((i) => new Contender(`contender${i}`, this.#workload)),
    );
    const watchers = [
      ...this.#servers.map((server) => new Watcher(`watch-${server.id}`, server, this.#workload)),
      new Watcher('watch-roaming', undefined, this.#workload),
    ].filter(({ name }) => !this.#plan.clients.has(name));
    await this.#until(SECOND, () => false);
    const faults = new Faults({
      scheduler: this.#scheduler,
      random: this.#random.fork(),
      trace: this.#trace,
      network: this.#network,
      servers: this.#servers,
      shape: this.#shape,
      plan: this.#plan,
      administrator: this.#administrator,
      leader: () => this.#leader(),
      count: (what) => this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1),
    });
    await this.#endure(faults);
    faults.stop();
    await this.#agreeOnLeader();
    await this.#settle();
    await this.#calm('all is well');
    const trial = faults.trial();
    if (trial !== undefined) await this.#stand(trial);
    faults.stop();
    await this.#agreeOnLeader();
    await this.#calm('all is well again');
    await this.#converge(watchers);
  }

  /** Faults go on until the goals are met. */
  async #endure(faults: Faults): Promise<void> {
    const { faultyTime, share } = this.#plan;
    const began = this.#scheduler.now;
    const goal = share * ACKNOWLEDGED_GOAL;
    const hasEnough = (): boolean => this.#history.acknowledged >= goal && this.#checks.leaders >= 2;
    try {
      if (faultyTime !== undefined) await this.#until(faultyTime, () => false);
      else if (
        !(await this.#until(share * DECK_LIMIT, () => faults.allBegun && hasEnough())) &&
        !(await this.#until(FAULTY_LIMIT, hasEnough))
      ) {
        violation('liveness: too little was acknowledged under faults');
      }
    } finally {
      this.#faultyTime = this.#scheduler.now - began;
    }
  }

  /** Changes of members come to their end: who was added votes, who was removed is gone. */
  async #settle(): Promise<void> {
    const isSettled = (): boolean => {
      if (!this.#administrator.isIdle || this.#servers.some(({ isRemoved }) => isRemoved)) return false;
      const membership = this.#leader()?.running?.consensus.status().membership;
      if (membership === undefined || membership.outgoing !== undefined) return false;
      const isVoter = ({ id }: SimServer): boolean => membership.voters.includes(id);
      return this.#servers.every(isVoter) && membership.voters.length === this.#servers.length;
    };
    if (await this.#until(CONVERGENCE_LIMIT, isSettled)) return;
    const { voters, learners, outgoing } = this.#leader()?.running?.consensus.status().membership ?? {};
    violation(`membership: a change does not end: voters ${voters}, learners ${learners}, outgoing ${outgoing}`);
  }

  /** Nothing is wrong: every operation that begins now is answered. A server that was away says that it is not ready yet. */
  async #calm(although: string): Promise<void> {
    const isReady = ({ running }: SimServer): boolean => running?.ready === true && running.store.status().ready;
    if (!(await this.#until(CONVERGENCE_LIMIT, () => this.#servers.every(isReady)))) violation(this.#difference());
    this.#history.mustAnswer({ since: this.#scheduler.now, hurt: new Set(), although });
    await this.#until(CALM_TIME, () => false);
  }

  /** One fault at a time never stops the cluster for long: in the second half of it, operations are acknowledged. */
  async #stand({ kind, hurt, expects }: Trial): Promise<void> {
    const led = { leader: this.#leader(), term: this.#term() };
    this.#history.mustAnswer({ since: this.#scheduler.now, hurt, although: `only ${kind}` });
    await this.#until(TRIAL_TIME / 2, () => false);
    this.#oneLeader(kind);
    const before = this.#history.acknowledged;
    // All others may be waiting at a server that is hurt.
    const well = this.#servers.find(({ id }) => !hurt.has(id));
    this.#clients.push(new Client('prober', well, { ...this.#workload, thinkTime: PROBE_GAP }));
    await this.#until(TRIAL_TIME / 2, () => false);
    const isWatched = this.#plan.clients.size === 0;
    if (isWatched && this.#history.acknowledged === before) {
      violation(`liveness: nothing is acknowledged under ${kind}`);
    }
    const isSame = this.#term() === led.term;
    if (expects === 'the same leader' && !isSame) violation(`stickiness: ${kind}, and another leader`);
    if (expects === 'another leader' && isSame) violation(`liveness: ${led.leader?.id} still leads under ${kind}`);
  }

  /** The newest term that anybody knows. */
  #term(): number {
    return Math.max(...this.#servers.map(termOf));
  }

  /** Check-quorum: who can no longer lead knows it. A paused process knows nothing. */
  #oneLeader(kind: string): void {
    const awake = this.#servers.filter(({ running }) => (running?.incarnation.pausedUntil ?? 0) <= this.#scheduler.now);
    const leaders = awake.filter(({ running }) => running?.consensus.status().role === 'leader');
    if (leaders.length <= 1) return;
    violation(`check-quorum: under ${kind} ${leaders.map(({ id }) => id).join(' and ')} believe to lead`);
  }

  /** Everybody is well: all follow one leader within ten timeouts. */
  async #agreeOnLeader(): Promise<void> {
    const healed = this.#scheduler.now;
    const agree = (): boolean => {
      const members = this.#servers.filter((server) => !server.isRemoved && !this.#administrator.isJoining(server));
      const views = members.map((server) => server.running?.consensus.status());
      const leader = views[0]?.leader;
      return leader !== undefined && views.every((view) => view?.leader === leader && view.term === views[0]?.term);
    };
    if (!(await this.#until(LEADER_LIMIT, agree))) violation('liveness: no leader within ten election timeouts');
    this.#leaderMs = Math.max(this.#leaderMs, (this.#scheduler.now - healed) / MS);
  }

  #until(duration: Micros, condition: () => boolean): Promise<boolean> {
    return this.#course.until(duration, condition);
  }

  #leader(): SimServer | undefined {
    const leaders = this.#servers.filter((server) => server.running?.consensus.status().role === 'leader');
    return leaders.sort((a, b) => termOf(b) - termOf(a))[0];
  }

  /** Every operation ends, and all servers become equal. */
  async #converge(watchers: readonly Watcher[]): Promise<void> {
    let running = this.#clients.length;
    for (const client of this.#clients) {
      client.stop();
      client.done.then(
        () => {
          running -= 1;
        },
        (error: unknown) => this.#course.fail(error),
      );
    }
    if (!(await this.#until(CONVERGENCE_LIMIT, () => running === 0))) violation('liveness: operations do not end');
    if (!(await this.#until(CONVERGENCE_LIMIT, () => areEqual(this.#servers)))) violation(this.#difference());
    const history = await finalHistory(this.#servers, this.#course);
    this.#history.verify(history, FENCE);
    const arrived = (): boolean => watchers.every(({ reached }) => reached >= history.length);
    if (!(await this.#until(CONVERGENCE_LIMIT, arrived))) {
      const late = watchers.find(({ reached }) => reached < history.length);
      violation(`watches: ${late?.name} stays at ${late?.reached}, and the present is ${history.length}`);
    }
  }

  #difference(): string {
    const views = this.#servers.map(({ id, running }) => {
      const status = running?.store.status();
      return `${id} applied ${status?.appliedIndex} ${status?.reason ?? 'ready'}`;
    });
    return `liveness: no convergence: ${views.join('; ')}`;
  }
}

function termOf(server: SimServer): number {
  return server.running?.consensus.status().term ?? 0;
}
