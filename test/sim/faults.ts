// The faults: each a named kind, several under way at once, most of them ended after a while; quorum may be lost for a
// time. A kind is counted when it takes effect. Each fault has a random generator of its own, so that leaving one out
// (plan.ts) does not change the others.

import type { NodeId } from '../../raft/core/index.ts';
import type { Prng } from '../../src/lib/index.ts';
import type { Administrator } from './administrator.ts';
import { DAMAGES } from './damage.ts';
import { Deck } from './deck.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';
import type { SimServer } from './server.ts';
import type { Shape } from './shape.ts';
import { type Micros, MS, type Scheduler, SECOND } from './time.ts';
import type { Trace } from './trace.ts';
import { TRIAL_TIME, TRIALS, type Trial } from './trials.ts';

export interface FaultParts {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly trace: Trace;
  readonly network: Network;
  readonly servers: readonly SimServer[];
  readonly shape: Shape;
  readonly plan: Plan;
  readonly administrator: Administrator;
  readonly count: (what: string) => void;
  /** The server that leads, as far as anybody knows. */
  readonly leader: () => SimServer | undefined;
}

/** Only in runs that begin with older software, for each server. */
const UPGRADE = 'upgrade';

/** Between the faults that come after those of the deck. */
const REMAINING_GAP = 1_500 * MS;

/** The servers that it hurts; undefined: it could not begin. */
type Hurt = readonly SimServer[] | undefined;
type Fault = (faults: Faults) => Hurt;
type Direction = 'both' | 'in' | 'out';

const KINDS: Readonly<Record<string, Fault>> = {
  'kill leader': (f) => f.kill(f.leader()),
  'kill any': (f) => f.kill(f.any()),
  'power loss': (f) => f.kill(f.any(), true),
  'kill all': (f) => f.killAll(),
  'isolate leader': (f) => f.isolate(f.leader(), 'both'),
  'isolate any': (f) => f.isolate(f.any(), 'both'),
  'mute leader': (f) => f.isolate(f.leader(), 'out'),
  'deafen leader': (f) => f.isolate(f.leader(), 'in'),
  'cut one link': (f) => f.cut(f.any(), f.any()),
  split: (f) => f.split(),
  'reset connection': (f) => f.reset(),
  'bad weather': (f) => f.storm(),
  'slow disk': (f) => f.slow(f.any()),
  'slow leader disk': (f) => f.slow(f.leader()),
  'hanging disk': (f) => f.hang(f.any()),
  'full disk': (f) => f.fill(f.any()),
  'disk error': (f) => f.disk(f.any()),
  'low disk': (f) => f.lessen(f.any()),
  'pause leader': (f) => f.pause(f.leader()),
  'pause any': (f) => f.pause(f.any()),
  'clock jump': (f) => f.jump(),
  'quick restart': (f) => f.restart(1, f.any()),
  'crash loop': (f) => f.restart(4, f.any()),
  'transfer to a paused server': (f) => f.transferToPaused(),
  'transfer to a muted server': (f) => f.transferToMuted(),
  'transfer leadership': (f) => f.transfer(),
  'add a server': (f) => f.administrator.add(),
  'remove a server': (f) => f.administrator.remove(f.random),
  'replace a server': (f) => f.administrator.replace(f.random),
  [UPGRADE]: (f) => f.upgrade(),
  ...Object.fromEntries(Object.keys(DAMAGES).map((kind) => [kind, (f: Faults) => f.damage(kind)])),
};

export class Faults {
  readonly #parts: FaultParts;
  readonly #deck: Deck;
  #active = true;
  /** Of the fault that begins. */
  #random: Prng;
  #begun = 0;
  /** The last one could not begin: another one is tried soon. */
  #hasToWait = false;
  /** A damage that only a sound server can take is to come before any other. */
  #awaitsSound = false;
  /** How often everything was healed. */
  #healed = 0;

  constructor(parts: FaultParts) {
    this.#parts = parts;
    this.#random = parts.random;
    const { servers, shape, plan } = parts;
    const upgrades = shape.isUpgraded ? servers.map(() => UPGRADE) : [];
    const kinds = Object.keys(KINDS).filter((kind) => kind !== UPGRADE);
    const rare = Object.keys(DAMAGES);
    this.#deck = new Deck({ kinds, rare, once: upgrades, share: plan.share }, parts.random.fork());
    this.#schedule();
  }

  get administrator(): Administrator {
    return this.#parts.administrator;
  }

  /** Of the fault that begins. */
  get random(): Prng {
    return this.#random;
  }

  /** Every kind that this run is to see has begun. */
  get allBegun(): boolean {
    return this.#deck.isEmpty;
  }

  #schedule(): void {
    const { scheduler, random, plan, shape } = this.#parts;
    // When all have had their turn, what is still to be acknowledged is given room.
    const gap = this.allBegun ? REMAINING_GAP : shape.faultGap;
    scheduler.after(random.int(this.#hasToWait ? gap / 2 : 2 * gap), () => {
      if (!this.#active) return;
      const { kind, putBack } = this.#deck.draw();
      const own = random.fork();
      this.#begun += 1;
      if (!plan.kinds.has(kind) && !plan.faults.has(this.#begun)) {
        this.#hasToWait = this.#begin(kind, own, KINDS[kind]) === undefined;
        if (this.#hasToWait) putBack();
      }
      this.#schedule();
    });
  }

  #begin(kind: string, random: Prng, fault: Fault | undefined): Hurt {
    const { trace, count } = this.#parts;
    trace.note('world', `fault ${this.#begun}: ${kind}`);
    this.#random = random;
    const hurt = fault?.(this);
    if (hurt === undefined) trace.note('world', `fault ${this.#begun} has to wait`);
    else count(kind);
    return hurt;
  }

  /** No new faults, and an end to those under way. */
  stop(): void {
    this.#active = false;
    this.#healed += 1;
    const { network, servers, scheduler, trace } = this.#parts;
    trace.note('world', 'heals');
    network.healAll();
    for (const server of servers) {
      Object.assign(server.health, { slowness: 0, failNext: false, hangs: false, full: false, low: false });
      server.pause(scheduler.now);
      server.startIfDown();
    }
  }

  /** To be called when all is well: begins one fault, which stop() ends. Returns undefined when the plan leaves it out; a brief run may. */
  trial(): Trial | undefined {
    const { random, plan } = this.#parts;
    const name = random.pick(Object.keys(TRIALS));
    if (!random.chance(Math.min(1, 2 * plan.share))) return undefined;
    const own = random.fork();
    const chosen = TRIALS[name];
    if (chosen === undefined || plan.kinds.has(name)) return undefined;
    const hurt = this.#begin(name, own, chosen.begin);
    return { kind: name, hurt: new Set(hurt?.map(({ id }) => id)), expects: chosen.expects };
  }

  trialEnd(): Micros {
    return this.#parts.scheduler.now + TRIAL_TIME;
  }

  any(): SimServer | undefined {
    const running = this.#parts.servers.filter((server) => server.running !== undefined);
    return running.length === 0 ? undefined : this.#random.pick(running);
  }

  leader(): SimServer | undefined {
    return this.#parts.leader();
  }

  /** Of the leader, if there is one. */
  #follower(): SimServer | undefined {
    const leader = this.leader();
    const others = this.#parts.servers.filter((server) => server !== leader && server.running !== undefined);
    return leader === undefined || others.length === 0 ? undefined : this.#random.pick(others);
  }

  /** Ends a fault after a random time, most of them soon, unless everything has been healed meanwhile. */
  #later(most: Micros, end: () => void): void {
    const { scheduler, shape } = this.#parts;
    const bound = this.#random.chance(0.3) ? most : most / 5;
    scheduler.after((100 * MS + this.#random.int(bound)) * shape.faultLength, () => {
      if (this.#active) end();
    });
  }

  kill(server: SimServer | undefined, silently = false): Hurt {
    if (server?.running === undefined) return undefined;
    server.crash(silently);
    this.#later(2 * SECOND, () => server.startIfDown());
    return [server];
  }

  killAll(): Hurt {
    const killed = this.#parts.servers.filter((server) => this.kill(server) !== undefined);
    return killed.length > 1 ? killed : undefined;
  }

  /** Back before everybody has noticed, while answers to the former process are on their way; and again, and again. */
  restart(times: number, server: SimServer | undefined): Hurt {
    if (server === undefined) return undefined;
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
    return [server];
  }

  /** Older and newer software run side by side meanwhile. */
  upgrade(): Hurt {
    const older = this.#parts.servers.filter((server) => server.isOld && server.running !== undefined);
    const server = older.length === 0 ? undefined : this.#random.pick(older);
    server?.upgrade();
    return this.restart(1, server);
  }

  transfer(): Hurt {
    const leader = this.leader();
    leader?.running?.consensus.transferLeadership();
    return leader === undefined ? undefined : [leader];
  }

  transferToPaused(until?: Micros): Hurt {
    const target = this.#follower();
    if (target === undefined) return undefined;
    this.pause(target, until);
    this.leader()?.running?.consensus.transferLeadership(target.id);
    return [target];
  }

  /** The target campaigns, and nobody hears it: it comes to a term of its own. */
  transferToMuted(): Hurt {
    const target = this.#follower();
    if (target === undefined) return undefined;
    this.leader()?.running?.consensus.transferLeadership(target.id);
    const [random, healed] = [this.#random, this.#healed];
    this.#parts.scheduler.after(random.int(3 * MS), () => {
      this.#random = random;
      if (this.#healed === healed) this.isolate(target, 'out');
    });
    return [target];
  }

  isolate(server: SimServer | undefined, direction: Direction): Hurt {
    if (server === undefined) return undefined;
    this.#healLater(this.#others(server).flatMap((other) => this.#block(server.id, other.id, direction)));
    return [server];
  }

  #others(server: SimServer): readonly SimServer[] {
    return this.#parts.servers.filter((other) => other !== server);
  }

  /** Its return must not cost the others their leader. */
  cutOffAndBack(): Hurt {
    const server = this.#follower();
    if (server === undefined) return undefined;
    for (const other of this.#others(server)) this.#block(server.id, other.id, 'both');
    this.#parts.scheduler.after(TRIAL_TIME / 2, () => this.#parts.network.healAll());
    return [server];
  }

  cut(a: SimServer | undefined, b: SimServer | undefined): Hurt {
    if (a === undefined || b === undefined || a === b) return undefined;
    this.#healLater(this.#block(a.id, b.id, this.#random.pick(['both', 'in', 'out'] as const)));
    return [a, b];
  }

  cutLeader(): Hurt {
    return this.cut(this.leader(), this.#follower());
  }

  split(): Hurt {
    const { servers } = this.#parts;
    const inside = servers.filter(() => this.#random.chance(0.5));
    const outside = servers.filter((server) => !inside.includes(server));
    if (inside.length === 0 || outside.length === 0) return undefined;
    this.#healLater(inside.flatMap((a) => outside.flatMap((b) => this.#block(a.id, b.id, 'both'))));
    return inside;
  }

  /** Returns what ends it. */
  #block(id: NodeId, other: NodeId, direction: Direction): readonly (() => void)[] {
    const { network } = this.#parts;
    const ends: (() => void)[] = [];
    if (direction !== 'in') ends.push(network.block(id, other));
    if (direction !== 'out') ends.push(network.block(other, id));
    return ends;
  }

  #healLater(ends: readonly (() => void)[]): void {
    const fault = this.#begun;
    this.#later(3 * SECOND, () => {
      this.#parts.trace.note('world', `fault ${fault} is over`);
      for (const end of ends) end();
    });
  }

  reset(): Hurt {
    const [a, b] = [this.any(), this.any()];
    if (a === undefined || b === undefined || a === b) return undefined;
    return this.#parts.network.resetFrom(a.id, b.id) ? [] : undefined;
  }

  /** Connections break one after another; what was on its way is lost, and no server is. */
  flap(until = this.trialEnd(), random = this.#random): Hurt {
    const { scheduler } = this.#parts;
    scheduler.after(100 * MS + random.int(400 * MS), () => {
      if (scheduler.now >= until) return;
      this.#random = random;
      this.reset();
      this.flap(until, random);
    });
    return [];
  }

  storm(): Hurt {
    this.#healLater([this.#parts.network.storm()]);
    return [];
  }

  slow(server: SimServer | undefined): Hurt {
    if (server === undefined) return undefined;
    server.health.slowness = this.#random.pick([5 * MS, 50 * MS, 400 * MS, 3 * SECOND]);
    this.#later(3 * SECOND, () => {
      server.health.slowness = 0;
    });
    return [server];
  }

  /** Nothing that is asked of the disk returns. */
  hang(server: SimServer | undefined): Hurt {
    if (server === undefined) return undefined;
    server.health.hangs = true;
    this.#later(3 * SECOND, () => {
      server.health.hangs = false;
    });
    return [server];
  }

  fill(server: SimServer | undefined): Hurt {
    if (server === undefined) return undefined;
    server.health.full = true;
    this.#later(3 * SECOND, () => {
      server.health.full = false;
      server.startIfDown();
    });
    return [server];
  }

  /** There is hardly room left: it takes in only what frees some, and a leader hands over. */
  lessen(server: SimServer | undefined): Hurt {
    if (server === undefined) return undefined;
    server.health.low = true;
    this.#later(3 * SECOND, () => {
      server.health.low = false;
    });
    return [server];
  }

  disk(server: SimServer | undefined): Hurt {
    if (server === undefined) return undefined;
    server.health.failNext = true;
    this.#later(3 * SECOND, () => {
      server.health.failNext = false;
      server.startIfDown();
    });
    return [server];
  }

  pause(server: SimServer | undefined, until?: Micros): Hurt {
    if (server?.running === undefined) return undefined;
    const { scheduler, shape } = this.#parts;
    const most = this.#random.chance(0.3) ? 2 * SECOND : 400 * MS;
    server.pause(until ?? scheduler.now + (50 * MS + this.#random.int(most)) * shape.faultLength);
    return [server];
  }

  /** The wall clock of a server is set, by an hour at most; its monotonic clock goes on. */
  jump(): Hurt {
    const server = this.any();
    server?.jumpClock((this.#random.float() - 0.5) * 7_200_000);
    return server === undefined ? undefined : [server];
  }

  /**
   * A majority of logs has to be sound for a leader (that nothing is said without one is shown by `--corrupt`), also of those
   * that are left when a machine is lost for good. So mostly it is one that is being repaired that is damaged again.
   */
  #damageable(): SimServer | undefined {
    const { servers, administrator } = this.#parts;
    if (administrator.isReplacing || administrator.waitsForSoundness || !administrator.mayLoseOne) return undefined;
    const unsound = servers.filter(({ isSound }) => !isSound);
    if (unsound.length === 0) return this.any();
    const again = unsound.filter(({ running }) => running !== undefined);
    return again.length === 0 ? undefined : this.#random.pick(again);
  }

  /** A server dies, its files are damaged, and it is started on them. */
  damage(kind: string): Hurt {
    const server = this.#damageable();
    // Who has nothing to damage yet is left alone, or it would never come to anything.
    const needsSound = kind === 'damage: the log gone';
    if (needsSound) this.#awaitsSound = true;
    else if (this.#awaitsSound) return undefined;
    if (server?.mayBeDamaged(kind) !== true) return undefined;
    if (needsSound) this.#awaitsSound = false;
    const isDamaged = server.damage(kind, this.#random);
    this.#later(SECOND / 2, () => server.startIfDown());
    return isDamaged ? [server] : undefined;
  }
}
