// Damage to one file after another, each while its server is down: a cluster of three with clients, all from one seed. Each time the
// server must come back by itself, or ask to be replaced and be restored by its operator, within a minute; the last time
// it is two servers at once, which may halt the cluster if they say so. All the while and at the end everything that was promised is
// verified as in every run (simulation.ts).
import { CORE_LIMITS, type NodeId } from '../../../raft/core/index.ts';
import { messageOf, type Prng, prng } from '../../../src/lib/index.ts';
import { Client, Watcher, type WorkloadParts } from '../clients.ts';
import { Course } from '../course.ts';
import { areEqual, finalHistory } from '../final-history.ts';
import { History } from '../history.ts';
import { FENCE } from '../leases.ts';
import { Network } from '../network.ts';
import { NOTHING_LEFT_OUT } from '../plan.ts';
import { RaftChecks, violation } from '../raft-checks.ts';
import { SimServer } from '../server.ts';
import { MS, Scheduler, SECOND } from '../time.ts';
import { Trace } from '../trace.ts';
import { DAMAGE_KINDS, type DamageKind, FILES, WHOLE_STATE } from './files.ts';

/** Of one world. */
export const CASES = 25;
const MEMBERS = ['n1', 'n2', 'n3'] as NodeId[];
/** Bar 10. */
const REPAIR_LIMIT = 60 * SECOND;
/** A cluster that has found no leader for so long finds none. */
const HALT_TIME = 10 * SECOND;
const CONVERGENCE_LIMIT = 30 * SECOND;
const DOWN_TIME = 300 * MS;
const BREATHING_TIME = 400 * MS;
const THINK_TIME = 400 * MS;
/** How long a repair goes on before it is interrupted, at most. */
const INTERRUPTION_TIME = 25 * MS;

/** What became of the damage. */
export type Outcome =
  | 'no harm'
  | 'log repaired'
  | 'state rebuilt'
  | 'both repaired'
  | 'asked to be replaced'
  | 'halted';

export interface Case {
  readonly file: string;
  readonly damage: string;
  readonly outcome: Outcome;
  /** Simulated, from the start on damaged files until the server is ready. */
  readonly ms: number;
}

export interface CorruptionResult {
  readonly seed: number;
  readonly digest: string;
  readonly cases: readonly Case[];
  readonly acknowledged: number;
  readonly virtualSeconds: number;
  readonly failure: { readonly reason: string; readonly trace: readonly string[] } | undefined;
}

/** Carries out the cases of one world; `cases` of them rather than CASES. */
export function corrupt(seed: number, cases = CASES): Promise<CorruptionResult> {
  return new Experiment(seed).go(cases);
}

interface Plan {
  readonly file: string;
  readonly damage: DamageKind;
  /** The file is one of a fresh log, which is not filled yet. */
  readonly whileRepairing: boolean;
}

/** Files of a repair under way; and what was set aside, which nobody may miss. */
const OF_A_REPAIR = ['segment of the log', 'marker', 'identity', 'what was set aside'];

function allPlans(): readonly Plan[] {
  return DAMAGE_KINDS.flatMap((damage) => [
    ...Object.keys(FILES).map((file) => ({ file, damage, whileRepairing: false })),
    ...OF_A_REPAIR.map((file) => ({ file, damage, whileRepairing: true })),
  ]);
}

class Experiment {
  readonly #seed: number;
  readonly #random: Prng;
  readonly #scheduler = new Scheduler();
  readonly #course = new Course(this.#scheduler);
  readonly #trace = new Trace(this.#scheduler);
  readonly #history = new History();
  readonly #counts = new Map<string, number>();
  readonly #servers: readonly SimServer[];
  readonly #workload: WorkloadParts;
  readonly #cases: Case[] = [];
  #plans: Plan[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = prng(seed);
    const [scheduler, trace, random] = [this.#scheduler, this.#trace, this.#random];
    const membership = { voters: MEMBERS, learners: [] };
    const count = (what: string): void => {
      this.#counts.set(what, this.#counted(what) + 1);
    };
    const failed = (error: unknown): void => this.#course.fail(error);
    const checks = new RaftChecks(membership, count);
    const sent = checks.sent.bind(checks);
    const network = new Network(MEMBERS, { scheduler, trace, count, random: random.fork(), sent });
    const shared = { scheduler, trace, count, failed, network, checks, membership };
    const world = { ...shared, random: random.fork(), limits: CORE_LIMITS, isUpgraded: false };
    this.#servers = MEMBERS.map((id) => new SimServer(id, world));
    const workload = {
      scheduler,
      trace,
      failed,
      random: random.fork(),
      servers: this.#servers,
      history: this.#history,
    };
    this.#workload = { ...workload, thinkTime: THINK_TIME, plan: NOTHING_LEFT_OUT };
  }

  async go(cases: number): Promise<CorruptionResult> {
    try {
      // From here on everything runs in continuations of promises (see drainMicrotasks).
      await Promise.resolve();
      await this.#story(cases);
    } catch (error) {
      this.#course.fail(error);
    }
    const { failure } = this.#course;
    return {
      seed: this.#seed,
      digest: this.#trace.digest(),
      cases: this.#cases,
      acknowledged: this.#history.acknowledged,
      virtualSeconds: this.#scheduler.now / SECOND,
      failure: failure === undefined ? undefined : { reason: messageOf(failure), trace: this.#trace.tail() },
    };
  }

  async #story(cases: number): Promise<void> {
    for (const server of this.#servers) server.start();
    const clients = this.#servers.map((server, i) => new Client(`client${i + 1}`, server, this.#workload));
    const watchers = this.#servers.map((server) => new Watcher(`watch-${server.id}`, server, this.#workload));
    if (!(await this.#course.until(CONVERGENCE_LIMIT, () => this.#areReady()))) violation('no cluster begins');
    await this.#rest(2 * SECOND);
    while (this.#cases.length < cases - 1) await this.#one();
    if (await this.#two()) await this.#converge(clients, watchers);
  }

  async #rest(most: number): Promise<void> {
    await this.#course.until(this.#random.int(most), () => false);
  }

  #counted(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** `first` is looked at first: it is what is waited for, and the others need not be asked until then. */
  #areReady(first?: SimServer): boolean {
    return (first === undefined || isReady(first)) && this.#servers.every(isReady);
  }

  /** Each file and damage comes once before any comes again. */
  #plan(): Plan {
    if (this.#plans.length === 0) this.#plans = shuffled(allPlans(), this.#random);
    return this.#plans.pop() as Plan;
  }

  /** One case: does nothing when the file is not there. Clients of the other servers notice nothing. */
  async #one(): Promise<void> {
    const plan = this.#plan();
    const server = this.#random.pick(this.#servers);
    const { file, damage, whileRepairing } = plan;
    this.#trace.note('world', `damage: ${damage} of ${file}${whileRepairing ? ' while it repairs' : ''}`);
    const since = this.#scheduler.now;
    this.#history.mustAnswer({ since, hurt: new Set([server.id]), although: 'only one server is damaged' });
    server.crash(this.#random.chance(0.3));
    if (whileRepairing) await this.#beginRepair(server);
    const before = new Map(this.#counts);
    const isDone = this.#damage(server, plan);
    await this.#rest(DOWN_TIME);
    const began = this.#scheduler.now;
    server.start();
    if (!(await this.#course.until(REPAIR_LIMIT, () => this.#areReady(server))))
      violation(`repair: ${server.id} is not ready a minute after ${damage} of ${file}: ${this.#reasons()}`);
    const ms = (this.#scheduler.now - began) / MS;
    const name = whileRepairing ? `while it repairs: ${file}` : file;
    if (isDone) this.#cases.push({ file: name, damage, outcome: this.#outcome(before, file), ms });
    await this.#rest(BREATHING_TIME);
  }

  #damage(server: SimServer, { file, damage }: Plan): boolean {
    const corruption = FILES[file];
    return server.corrupt((files, random) => {
      if (corruption !== undefined) return corruption(files, damage, random);
      return damage === 'gone' && files.disk.loseAside();
    }, this.#random);
  }

  /** Its log is set aside and begun anew; it dies before, or soon after, it is filled. */
  async #beginRepair(server: SimServer): Promise<void> {
    this.#damage(server, { file: 'segment of the log', damage: 'gone', whileRepairing: false });
    server.start();
    await this.#course.until(SECOND, () => server.running?.consensus.status().repair !== undefined);
    await this.#rest(INTERRUPTION_TIME);
    server.crash(this.#random.chance(0.3));
  }

  /** Since `before`. */
  #outcome(before: ReadonlyMap<string, number>, file = ''): Outcome {
    const happened = (what: string): boolean => this.#counted(what) > (before.get(what) ?? 0);
    if (happened('damage refused')) return 'asked to be replaced';
    const log = happened('log set aside');
    // Of a database that is not there nothing can be set aside.
    const state = happened('state set aside') || file === WHOLE_STATE;
    if (log && state) return 'both repaired';
    if (log) return 'log repaired';
    return state ? 'state rebuilt' : 'no harm';
  }

  /** Two servers at once. Returns whether the cluster lives. */
  async #two(): Promise<boolean> {
    const pair = shuffled(this.#servers, this.#random).slice(0, 2);
    const hurt = new Set(MEMBERS);
    this.#history.mustAnswer({ since: this.#scheduler.now, hurt, although: 'two servers are damaged' });
    for (const server of pair) server.crash(this.#random.chance(0.3));
    const before = new Map(this.#counts);
    const kinds = pair.map((server) => {
      const isLog = this.#random.chance(0.6);
      const possible = allPlans().filter(
        ({ file, whileRepairing }) => !whileRepairing && isLog === (file === 'segment of the log'),
      );
      const plan = shuffled(possible, this.#random).find((candidate) => this.#damage(server, candidate));
      this.#trace.note('world', `damage: ${plan?.damage} of ${plan?.file} of ${server.id}, one of two`);
      return isLog ? 'log' : (plan?.file.split(':')[0] ?? '');
    });
    await this.#rest(DOWN_TIME);
    const began = this.#scheduler.now;
    for (const server of pair) server.start();
    const lives = await this.#course.until(REPAIR_LIMIT - HALT_TIME, () => this.#areReady() || this.#isHalted());
    const isHalted = !this.#areReady();
    if (!lives) violation(`repair: two damaged servers neither recover nor say why: ${this.#reasons()}`);
    if (isHalted) await this.#staysHalted();
    const outcome = isHalted ? 'halted' : this.#outcome(before);
    const ms = (this.#scheduler.now - began) / MS;
    this.#cases.push({ file: 'two servers', damage: kinds.sort().join(' and '), outcome, ms });
    return !isHalted;
  }

  /** Two lost their logs: nobody can know what they had acknowledged, and they say so. */
  #isHalted(): boolean {
    const reasons = this.#servers.map(({ running }) => running?.store.status().repairing ?? '');
    return reasons.filter((reason) => reason.includes('no leader can be asked')).length === 2;
  }

  async #staysHalted(): Promise<void> {
    await this.#course.until(HALT_TIME, () => this.#areReady());
    // Elections, and answers that were on their way, are over.
    const { acknowledged } = this.#history;
    await this.#course.until(HALT_TIME, () => false);
    if (!this.#isHalted()) violation(`repair: a halted cluster goes on, or does not say why: ${this.#reasons()}`);
    if (this.#history.acknowledged > acknowledged) violation('repair: a halted cluster acknowledges');
  }

  #reasons(): string {
    return this.#servers.map(({ id, running }) => `${id} ${running?.store.status().reason ?? 'ready'}`).join('; ');
  }

  async #converge(clients: readonly Client[], watchers: readonly Watcher[]): Promise<void> {
    let running = clients.length;
    const end = (): void => {
      running -= 1;
    };
    for (const client of clients) {
      client.stop();
      client.done.then(end, (error: unknown) => this.#course.fail(error));
    }
    const isOver = (): boolean => running === 0 && areEqual(this.#servers);
    if (!(await this.#course.until(CONVERGENCE_LIMIT, isOver))) violation(`no convergence: ${this.#reasons()}`);
    const history = await finalHistory(this.#servers, this.#course);
    this.#history.verify(history, FENCE);
    const arrived = (): boolean => watchers.every(({ reached }) => reached >= history.length);
    if (!(await this.#course.until(CONVERGENCE_LIMIT, arrived))) violation('watches: not all reach the present');
  }
}

function isReady({ running }: SimServer): boolean {
  const status = running?.ready === true ? running.store.status() : undefined;
  return status?.ready === true && status.repairing === undefined;
}

function shuffled<T>(items: readonly T[], random: Prng): T[] {
  const keyed = items.map((item) => ({ item, at: random.float() }));
  return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
