// The faults: each a named kind, begun at random, most of them ended after a while, counted. Several may be under way at
// once; quorum may be lost for a time.

import type { NodeId } from '../../raft/core/index.ts';
import type { Prng } from '../../src/lib/index.ts';
import type { Network } from './network.ts';
import type { SimServer } from './server.ts';
import { type Micros, MS, type Scheduler, SECOND } from './time.ts';
import type { Trace } from './trace.ts';

export interface FaultParts {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly trace: Trace;
  readonly network: Network;
  readonly servers: readonly SimServer[];
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
  'disk error': (f) => f.disk(f.any()),
  'pause leader': (f) => f.pause(f.leader()),
  'pause any': (f) => f.pause(f.any()),
  'quick restart': (f) => f.restart(),
  'transfer to a paused server': (f) => f.transferToPaused(),
  'transfer leadership': (f) => f.leader()?.running?.consensus.transferLeadership(),
};

/** One fault alone, which a cluster must get over by itself while it lasts. */
const TRIALS: Readonly<Record<string, Fault>> = {
  'trial: leader killed': (f) => f.kill(f.leader(), false),
  'trial: leader without power': (f) => f.kill(f.leader(), true),
  'trial: leader paused': (f) => f.leader().pause(f.trialEnd()),
  'trial: leader isolated': (f) => f.isolate(f.leader(), 'both'),
  'trial: leader muted': (f) => f.isolate(f.leader(), 'out'),
  'trial: leader deafened': (f) => f.isolate(f.leader(), 'in'),
  'trial: leader cut from one': (f) => f.cutLeader(),
  'trial: leader with a stalled disk': (f) => f.slow(f.leader(), TRIAL_TIME),
  'trial: transfer to a paused server': (f) => f.transferToPaused(f.trialEnd()),
};

/** How long a trial lasts: time to notice, to elect, and to show it. */
export const TRIAL_TIME: Micros = 5 * SECOND;

export class Faults {
  readonly #parts: FaultParts;
  #active = true;

  constructor(parts: FaultParts) {
    this.#parts = parts;
    this.#schedule();
  }

  #schedule(): void {
    const { scheduler, random, trace, count } = this.#parts;
    scheduler.after(150 * MS + random.int(900 * MS), () => {
      if (!this.#active) return;
      const kind = random.pick(Object.keys(KINDS));
      count(kind);
      trace.note('world', kind);
      KINDS[kind]?.(this);
      this.#schedule();
    });
  }

  /** No new faults, and an end to those under way. */
  stop(): void {
    this.#active = false;
    const { network, servers, scheduler, trace } = this.#parts;
    trace.note('world', 'heals');
    network.healAll();
    for (const server of servers) {
      server.health.slowness = 0;
      server.health.failNext = false;
      server.pause(scheduler.now);
      if (server.running === undefined) server.start();
    }
  }

  /** To be called when all is well: begins one fault, which stop() ends. Returns its name. */
  trial(): string {
    const { random, trace, count } = this.#parts;
    const kind = random.pick(Object.keys(TRIALS));
    count(kind);
    trace.note('world', kind);
    TRIALS[kind]?.(this);
    return kind;
  }

  trialEnd(): Micros {
    return this.#parts.scheduler.now + TRIAL_TIME;
  }

  any(): SimServer {
    return this.#parts.random.pick(this.#parts.servers);
  }

  leader(): SimServer {
    return this.#parts.leader() ?? this.any();
  }

  /** Ends a fault after a random time, unless everything has been healed meanwhile. */
  #later(most: Micros, end: () => void): void {
    const { scheduler, random } = this.#parts;
    scheduler.after(200 * MS + random.int(most), () => {
      if (this.#active) end();
    });
  }

  kill(server: SimServer, silently: boolean): void {
    server.crash(silently);
    this.#later(2 * SECOND, () => {
      if (server.running === undefined) server.start();
    });
  }

  /** Back before everybody has noticed, while answers to the former process are on their way. */
  restart(): void {
    const server = this.any();
    server.crash(false);
    const { scheduler, random } = this.#parts;
    scheduler.after(random.int(10 * MS), () => {
      if (server.running === undefined) server.start();
    });
  }

  transferToPaused(until?: Micros): void {
    const { servers, random } = this.#parts;
    const leader = this.leader();
    const target = random.pick(servers.filter((server) => server !== leader));
    if (until === undefined) this.pause(target);
    else target.pause(until);
    leader.running?.consensus.transferLeadership(target.id);
  }

  killAll(): void {
    for (const server of this.#parts.servers) this.kill(server, false);
  }

  isolate(server: SimServer, direction: 'both' | 'in' | 'out'): void {
    for (const other of this.#parts.servers) {
      if (other !== server) this.#block(server.id, other.id, direction);
    }
    this.#healLater();
  }

  cut(): void {
    const [a, b] = [this.any(), this.any()];
    if (a === b) return;
    this.#block(a.id, b.id, this.#parts.random.pick(['both', 'in', 'out'] as const));
    this.#healLater();
  }

  split(): void {
    const { servers, random } = this.#parts;
    const inside = servers.filter(() => random.chance(0.5));
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

  storm(): void {
    Object.assign(this.#parts.network.weather, { loss: 0.02, duplication: 0.05, delay: 0.03 });
    this.#healLater();
  }

  cutLeader(): void {
    const { servers, random } = this.#parts;
    const leader = this.leader();
    const other = random.pick(servers.filter((server) => server !== leader));
    this.#block(leader.id, other.id, random.pick(['both', 'in', 'out'] as const));
    this.#healLater();
  }

  slow(server: SimServer, slowness = this.#parts.random.pick([5 * MS, 50 * MS, 400 * MS, 3 * SECOND])): void {
    server.health.slowness = slowness;
    this.#later(3 * SECOND, () => {
      server.health.slowness = 0;
    });
  }

  disk(server: SimServer): void {
    server.health.failNext = true;
    this.#later(3 * SECOND, () => {
      server.health.failNext = false;
      if (server.running === undefined) server.start();
    });
  }

  pause(server: SimServer): void {
    const { scheduler, random } = this.#parts;
    server.pause(scheduler.now + 50 * MS + random.int(2 * SECOND));
  }
}
