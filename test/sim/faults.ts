// The faults: each a named kind, begun at random, most of them ended after a while, counted. Several may be under way at
// once; quorum may be lost for a time. Each fault has a random generator of its own, so that leaving one out (plan.ts)
// does not change the others.

import type { NodeId } from '../../raft/core/index.ts';
import type { Prng } from '../../src/lib/index.ts';
import { DAMAGES } from './damage.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';
import type { SimServer } from './server.ts';
import { type Micros, MS, type Scheduler, SECOND } from './time.ts';
import type { Trace } from './trace.ts';
import { TRIAL_TIME, TRIALS, type Trial } from './trials.ts';

export interface FaultParts {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly trace: Trace;
  readonly network: Network;
  readonly servers: readonly SimServer[];
  readonly plan: Plan;
  readonly count: (what: string) => void;
  /** The server that leads, as far as anybody knows. */
  readonly leader: () => SimServer | undefined;
}

type Fault = (faults: Faults) => void;

const KINDS: Readonly<Record<string, Fault>> = {
  'kill leader': (f) => f.kill(f.leader(), false),
  'kill any': (f) => f.kill(f.any(), false),
  'power loss': (f) => f.kill(f.any(), true),
  'kill all': (f) => f.killAll(),
  'isolate leader': (f) => f.isolate(f.leader(), 'both'),
  'isolate any': (f) => f.isolate(f.any(), 'both'),
  'mute leader': (f) => f.isolate(f.leader(), 'out'),
  'deafen leader': (f) => f.isolate(f.leader(), 'in'),
  'cut one link': (f) => f.cut(),
  split: (f) => f.split(),
  'reset connection': (f) => f.reset(),
  'bad weather': (f) => f.storm(),
  'slow disk': (f) => f.slow(f.any()),
  'slow leader disk': (f) => f.slow(f.leader()),
  'hanging disk': (f) => f.hang(f.any()),
  'full disk': (f) => f.fill(f.any()),
  'disk error': (f) => f.disk(f.any()),
  'pause leader': (f) => f.pause(f.leader()),
  'pause any': (f) => f.pause(f.any()),
  'clock jump': (f) => f.jump(),
  'quick restart': (f) => f.restart(1),
  'crash loop': (f) => f.restart(4),
  'transfer to a paused server': (f) => f.transferToPaused(),
  'transfer to a muted server': (f) => f.transferToMuted(),
  'transfer leadership': (f) => f.leader().running?.consensus.transferLeadership(),
  ...Object.fromEntries(Object.keys(DAMAGES).map((kind) => [kind, (f: Faults) => f.damage(kind)])),
};

export class Faults {
  readonly #parts: FaultParts;
  #active = true;
  /** Of the fault that begins. */
  #random: Prng;
  #begun = 0;

  constructor(parts: FaultParts) {
    this.#parts = parts;
    this.#random = parts.random;
    this.#schedule();
  }

  #schedule(): void {
    const { scheduler, random, plan } = this.#parts;
    const kinds = Object.keys(KINDS);
    scheduler.after(100 * MS + random.int(500 * MS), () => {
      if (!this.#active) return;
      const kind = random.pick(kinds);
      const own = random.fork();
      this.#begun += 1;
      if (!plan.kinds.has(kind) && !plan.faults.has(this.#begun)) this.#begin(kind, own, () => KINDS[kind]?.(this));
      this.#schedule();
    });
  }

  #begin<T>(kind: string, random: Prng, begin: () => T): T {
    const { trace, count } = this.#parts;
    count(kind);
    trace.note('world', `fault ${this.#begun}: ${kind}`);
    this.#random = random;
    return begin();
  }

  /** No new faults, and an end to those under way. */
  stop(): void {
    this.#active = false;
    const { network, servers, scheduler, trace } = this.#parts;
    trace.note('world', 'heals');
    network.healAll();
    for (const server of servers) {
      Object.assign(server.health, { slowness: 0, failNext: false, hangs: false, full: false });
      server.pause(scheduler.now);
      server.startIfDown();
    }
  }

  /** To be called when all is well: begins one fault, which stop() ends. Returns undefined when the plan leaves it out. */
  trial(): Trial | undefined {
    const { random, plan } = this.#parts;
    const name = random.pick(Object.keys(TRIALS));
    const own = random.fork();
    const chosen = TRIALS[name];
    if (chosen === undefined || plan.kinds.has(name)) return undefined;
    const hurt = this.#begin(name, own, () => chosen.begin(this));
    return { kind: name, hurt: new Set(hurt.map(({ id }) => id)), expects: chosen.expects };
  }

  trialEnd(): Micros {
    return this.#parts.scheduler.now + TRIAL_TIME;
  }

  any(): SimServer {
    return this.#random.pick(this.#parts.servers);
  }

  leader(): SimServer {
    return this.#parts.leader() ?? this.any();
  }

  #follower(): SimServer {
    const leader = this.leader();
    return this.#random.pick(this.#parts.servers.filter((server) => server !== leader));
  }

  /** Ends a fault after a random time, unless everything has been healed meanwhile. */
  #later(most: Micros, end: () => void): void {
    this.#parts.scheduler.after(200 * MS + this.#random.int(most), () => {
      if (this.#active) end();
    });
  }

  kill(server: SimServer, silently: boolean): readonly SimServer[] {
    server.crash(silently);
    this.#later(2 * SECOND, () => server.startIfDown());
    return [server];
  }

  /** Back before everybody has noticed, while answers to the former process are on their way; and again, and again. */
  restart(times: number, server = this.any()): void {
    server.crash(false);
    const random = this.#random;
    this.#parts.scheduler.after(random.int(10 * MS), () => {
      server.startIfDown();
      if (times === 1 || !this.#active) return;
      this.#parts.scheduler.after(random.int(120 * MS), () => {
        this.#random = random;
        if (this.#active) this.restart(times - 1, server);
      });
    });
  }

  transferToPaused(until?: Micros): readonly SimServer[] {
    const leader = this.leader();
    const target = this.#follower();
    this.pause(target, until);
    leader.running?.consensus.transferLeadership(target.id);
    return [target];
  }

  /** The target campaigns, and nobody hears it: it comes to a term of its own. */
  transferToMuted(): readonly SimServer[] {
    const leader = this.leader();
    const target = this.#follower();
    leader.running?.consensus.transferLeadership(target.id);
    const random = this.#random;
    this.#parts.scheduler.after(random.int(3 * MS), () => {
      this.#random = random;
      this.isolate(target, 'out');
    });
    return [target];
  }

  killAll(): void {
    for (const server of this.#parts.servers) this.kill(server, false);
  }

  isolate(server: SimServer, direction: 'both' | 'in' | 'out'): readonly SimServer[] {
    this.#cutOff(server, direction);
    this.#healLater();
    return [server];
  }

  #cutOff(server: SimServer, direction: 'both' | 'in' | 'out'): void {
    for (const other of this.#parts.servers) {
      if (other !== server) this.#block(server.id, other.id, direction);
    }
  }

  /** Its return must not cost the others their leader. */
  cutOffAndBack(): readonly SimServer[] {
    const server = this.#follower();
    this.#cutOff(server, 'both');
    this.#parts.scheduler.after(TRIAL_TIME / 2, () => this.#parts.network.healAll());
    return [server];
  }

  cut(): void {
    const [a, b] = [this.any(), this.any()];
    if (a === b) return;
    this.#block(a.id, b.id, this.#random.pick(['both', 'in', 'out'] as const));
    this.#healLater();
  }

  split(): void {
    const { servers } = this.#parts;
    const inside = servers.filter(() => this.#random.chance(0.5));
    for (const a of inside) {
      for (const b of servers) if (!inside.includes(b)) this.#block(a.id, b.id, 'both');
    }
    this.#healLater();
  }

  #block(id: NodeId, other: NodeId, direction: 'both' | 'in' | 'out'): void {
    const { network } = this.#parts;
    if (direction !== 'in') network.block(id, other);
    if (direction !== 'out') network.block(other, id);
  }

  #healLater(): void {
    this.#later(3 * SECOND, () => {
      this.#parts.trace.note('world', 'links heal');
      this.#parts.network.healAll();
    });
  }

  reset(): void {
    const [a, b] = [this.any(), this.any()];
    if (a !== b) this.#parts.network.resetFrom(a.id, b.id);
  }

  /** Connections break one after another; what was on its way is lost, and no server is. */
  flap(until = this.trialEnd(), random = this.#random): readonly SimServer[] {
    const { scheduler } = this.#parts;
    scheduler.after(100 * MS + random.int(400 * MS), () => {
      if (scheduler.now >= until) return;
      this.#random = random;
      this.reset();
      this.flap(until, random);
    });
    return [];
  }

  storm(): void {
    Object.assign(this.#parts.network.weather, { loss: 0.02, duplication: 0.05, delay: 0.03 });
    this.#healLater();
  }

  cutLeader(): readonly SimServer[] {
    const leader = this.leader();
    const other = this.#follower();
    this.#block(leader.id, other.id, this.#random.pick(['both', 'in', 'out'] as const));
    this.#healLater();
    return [leader, other];
  }

  slow(server: SimServer): void {
    server.health.slowness = this.#random.pick([5 * MS, 50 * MS, 400 * MS, 3 * SECOND]);
    this.#later(3 * SECOND, () => {
      server.health.slowness = 0;
    });
  }

  /** Nothing that is asked of the disk returns. */
  hang(server: SimServer): readonly SimServer[] {
    server.health.hangs = true;
    this.#later(3 * SECOND, () => {
      server.health.hangs = false;
    });
    return [server];
  }

  fill(server: SimServer): void {
    server.health.full = true;
    this.#later(3 * SECOND, () => {
      server.health.full = false;
      server.startIfDown();
    });
  }

  disk(server: SimServer): void {
    server.health.failNext = true;
    this.#later(3 * SECOND, () => {
      server.health.failNext = false;
      server.startIfDown();
    });
  }

  pause(server: SimServer, until?: Micros): readonly SimServer[] {
    server.pause(until ?? this.#parts.scheduler.now + 50 * MS + this.#random.int(2 * SECOND));
    return [server];
  }

  /** The wall clock of a server is set, by an hour at most; its monotonic clock goes on. */
  jump(): void {
    this.any().jumpClock((this.#random.float() - 0.5) * 7_200_000);
  }

  /** A server dies, its files are damaged, and it is started on them. */
  damage(kind: string): void {
    const server = this.any();
    server.crash(false);
    server.damage(kind, this.#random);
    this.#later(SECOND, () => server.startIfDown());
  }
}
