// The workload: clients that create, compare-and-swap, delete and read at their server or at any, and watchers that
// resume where they were. Everything they are told goes to the history.
import { messageOf, type Prng } from '../../src/lib/index.ts';
import {
  type Command,
  DiskLowError,
  type Revision,
  resourceRange,
  type StoreKey,
  StoreStoppedError,
  StoreTimeoutError,
  storeKey,
  type WatchEvent,
} from '../../src/store/index.ts';
import { encodeToken, type History } from './history.ts';
import type { Plan } from './plan.ts';
import type { Running, SimServer } from './server.ts';
import { type Micros, MS, type Scheduler, SECOND } from './time.ts';
import type { Trace } from './trace.ts';

export const RESOURCE = 'configmaps';
const KEYS = 6;
const PATIENCE = 4 * SECOND;

/** How the store says that a command changed nothing and never will. */
const SAYS_NOT_APPLIED = /not applied$|^not sent|before the command was sent$/;

/** How a store says that it is being sent the state. */
const RECEIVING = /receiving a snapshot/;

export interface WorkloadParts {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly trace: Trace;
  readonly servers: readonly SimServer[];
  readonly history: History;
  readonly plan: Plan;
  readonly thinkTime: Micros;
  readonly failed: (error: unknown) => void;
}

/** A server that can be asked now: the client's own, or with `home` undefined any. */
export function find(
  parts: WorkloadParts,
  home: SimServer | undefined,
): { server: SimServer; running: Running } | undefined {
  const server = home ?? parts.random.pick(parts.servers);
  const { running } = server;
  return running?.ready === true ? { server, running } : undefined;
}

/** Whose server is gone for good moves to another one. */
function move({ servers }: WorkloadParts, home: SimServer | undefined, random: Prng): SimServer | undefined {
  return home === undefined || servers.includes(home) ? home : random.pick(servers);
}

export function sleep(scheduler: Scheduler, delay: Micros): Promise<void> {
  return new Promise((resolve) => {
    scheduler.after(delay, resolve);
  });
}

/** Does something at a server, until its client has no patience any more or the server dies. */
export async function patiently(
  { scheduler }: WorkloadParts,
  running: Running,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const patience = new AbortController();
  const abort = (): void => patience.abort();
  const timer = scheduler.after(PATIENCE, abort);
  running.onDeath.add(abort);
  try {
    await work(patience.signal);
  } finally {
    timer.cancel();
    running.onDeath.delete(abort);
  }
}

export class Client {
  readonly name: string;
  readonly #parts: WorkloadParts;
  /** undefined: any server. */
  #home: SimServer | undefined;
  readonly #random: Prng;
  readonly #seen = new Map<StoreKey, Revision>();
  #operations = 0;
  #stopping = false;
  /** Resolves when the last operation has ended. */
  readonly done: Promise<void>;

  constructor(name: string, home: SimServer | undefined, parts: WorkloadParts) {
    this.name = name;
    this.#parts = parts;
    this.#home = home;
    this.#random = parts.random.fork();
    this.done = parts.plan.clients.has(name) ? Promise.resolve() : this.#run();
  }

  stop(): void {
    this.#stopping = true;
  }

  async #run(): Promise<void> {
    const { scheduler, failed, thinkTime } = this.#parts;
    while (!this.#stopping) {
      await sleep(scheduler, MS + this.#random.int(thinkTime));
      this.#home = move(this.#parts, this.#home, this.#random);
      const found = find(this.#parts, this.#home);
      if (found === undefined) continue;
      try {
        await this.#operation(found.server, found.running);
      } catch (error) {
        failed(error);
        return;
      }
    }
  }

  async #operation(server: SimServer, running: Running): Promise<void> {
    const { scheduler, trace, history } = this.#parts;
    this.#operations += 1;
    const name = `${this.name}.${this.#operations}`;
    const began = scheduler.now;
    const isRead = this.#random.chance(0.3);
    try {
      await patiently(this.#parts, running, (signal) =>
        isRead ? this.#read(name, server, running, began, signal) : this.#write(name, server, running, began, signal),
      );
    } catch (error) {
      if (error instanceof DiskLowError) {
        history.turnedAway(name);
        return;
      }
      if (!(error instanceof StoreTimeoutError || error instanceof StoreStoppedError)) throw error;
      const isReceiving = RECEIVING.test(running.store.status().reason ?? '') || server.installedAt >= began;
      history.gaveUp(name, server.id, began, SAYS_NOT_APPLIED.test(error.message), isReceiving);
      trace.note(this.name, `${name} unknown: ${messageOf(error)}`);
    }
  }

  #key(): StoreKey {
    return storeKey(RESOURCE, 'default', `key-${this.#random.int(KEYS)}`);
  }

  async #read(name: string, server: SimServer, running: Running, began: Micros, signal: AbortSignal): Promise<void> {
    const { scheduler, trace, history } = this.#parts;
    const key = this.#key();
    await running.store.readBarrier(signal);
    const snapshot = running.store.snapshot();
    const object = snapshot.get(key);
    if (object !== undefined) this.#seen.set(key, object.revision);
    history.read(name, key, began, scheduler.now, snapshot.revision, object);
    trace.note(
      this.name,
      `${name} at ${server.id} read ${key} ${object?.revision ?? 'absent'} at ${snapshot.revision}`,
    );
  }

  async #write(name: string, server: SimServer, running: Running, began: Micros, signal: AbortSignal): Promise<void> {
    const { scheduler, trace, history } = this.#parts;
    const { key, token, command } = this.#choose(name);
    const outcome = await running.store.commit(command, signal);
    if (outcome.kind === 'committed') {
      const [object] = outcome.objects;
      // A delete that found nothing took no revision; its condition rules that out.
      if (object !== undefined) this.#seen.set(key, object.revision);
    } else if (outcome.current !== undefined) this.#seen.set(key, outcome.current.revision);
    history.committed(name, key, token, began, scheduler.now, outcome);
    trace.note(this.name, `${name} at ${server.id} ${key} ${token ?? 'delete'} ${outcome.kind} at ${outcome.revision}`);
  }

  #choose(name: string): { key: StoreKey; token: string | undefined; command: Command } {
    const key = this.#random.chance(0.3) ? storeKey(RESOURCE, 'default', `only-${name}`) : this.#key();
    const revision = this.#seen.get(key);
    const { bytes, revisionOffset } = encodeToken(name);
    const envelope = { apiVersion: 'v1', schemaHash: '', keyId: '', revisionOffset, labels: {}, fields: {}, bytes };
    if (revision === undefined) {
      return {
        key,
        token: name,
        command: { conditions: [{ kind: 'absent', key }], writes: [{ kind: 'put', key, envelope }] },
      };
    }
    const conditions = [{ kind: 'revision' as const, key, revision }];
    if (this.#random.chance(0.15)) {
      this.#seen.delete(key);
      return { key, token: undefined, command: { conditions, writes: [{ kind: 'delete', key }] } };
    }
    return { key, token: name, command: { conditions, writes: [{ kind: 'put', key, envelope }] } };
  }
}

/** Follows everything, across deaths of servers, and now and then to another one. */
export class Watcher {
  readonly name: string;
  reached = 0 as Revision;
  readonly #parts: WorkloadParts;
  /** undefined: it follows at any server. */
  #home: SimServer | undefined;
  readonly #random: Prng;

  constructor(name: string, home: SimServer | undefined, parts: WorkloadParts) {
    this.name = name;
    this.#parts = parts;
    this.#home = home;
    this.#random = parts.random.fork();
    if (!parts.plan.clients.has(name)) this.#run().catch((error: unknown) => parts.failed(error));
  }

  async #run(): Promise<void> {
    const { scheduler } = this.#parts;
    for (;;) {
      await sleep(scheduler, MS + this.#random.int(20 * MS));
      this.#home = move(this.#parts, this.#home, this.#random);
      const found = find(this.#parts, this.#home);
      if (found !== undefined) await this.#follow(found.running);
    }
  }

  async #follow(running: Running): Promise<void> {
    const { history, scheduler, trace, failed } = this.#parts;
    trace.note(this.name, `goes to ${running.incarnation.name} with ${this.reached}`);
    const patience = new AbortController();
    const abort = (): void => patience.abort();
    running.onDeath.add(abort);
    try {
      await running.store.waitFor(this.reached, patience.signal);
      // It may have died in the very event that answered.
      if (!running.incarnation.alive) return;
      await new Promise<void>((resolve) => {
        const events = (batch: readonly WatchEvent[], upTo: Revision): void => {
          try {
            this.reached = history.watched(this.name, this.reached, batch) as Revision;
            if (upTo !== this.reached)
              throw new Error(`${this.name}: told of ${upTo} with events up to ${this.reached}`);
          } catch (error) {
            failed(error);
          }
        };
        const watch = running.store.watch(
          { range: resourceRange(RESOURCE), from: this.reached },
          { events, ended: () => resolve() },
        );
        running.onDeath.add(resolve);
        if (this.#home === undefined)
          scheduler.after(SECOND + this.#random.int(SECOND), () => watch.close(), running.incarnation);
      });
    } catch (error) {
      if (!(error instanceof StoreTimeoutError || error instanceof StoreStoppedError)) throw error;
    } finally {
      running.onDeath.delete(abort);
      trace.note(this.name, `leaves at ${this.reached}`);
    }
  }
}
