// The simulated state database: batches become durable after a seeded time, in order; of those under way a crash keeps
// none, some of the first, or all, each whole or not at all. That is what the port promises.
import type { Prng } from '../../src/lib/index.ts';
import type { KeyValue, KeyValueEntry, KeyValueOperation } from '../../src/store/index.ts';
import { META_KEY, SLOT_KEY } from '../../src/store/state/layout.ts';
import { type Incarnation, MS, type Scheduler } from './time.ts';

/** The database on the disk; it survives its processes. */
export class SimDatabase {
  readonly #scheduler: Scheduler;
  readonly #random: Prng;
  readonly #records = new Map<string, Uint8Array>();
  #underWay: (readonly KeyValueOperation[])[] = [];

  constructor(scheduler: Scheduler, random: Prng) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  open(owner: Incarnation): KeyValue {
    let last = this.#scheduler.now;
    return {
      batch: (operations) =>
        new Promise((resolve) => {
          this.#underWay.push(operations);
          const ready = this.#scheduler.now + MS + this.#random.int(20 * MS);
          last = Math.max(last, ready);
          const finish = (): void => {
            this.#underWay.shift();
            this.#apply(operations);
            resolve();
          };
          this.#scheduler.after(last - this.#scheduler.now, finish, owner);
        }),
      iterate: (from, to) => this.#iterate(from, to),
      close: () => Promise.resolve(),
    };
  }

  /** What is there goes elsewhere. */
  setAside(): void {
    this.#underWay = [];
    this.#records.clear();
  }

  /** Whether there is a state; what was received of a snapshot so far is none. */
  holdsState(): boolean {
    return [META_KEY, SLOT_KEY].some((key) => this.#records.has(Buffer.from(key).toString('latin1')));
  }

  /** While nobody has it open: one record becomes what `change` returns; undefined: it is gone. False: there is none. */
  tamper(random: Prng, change: (value: Uint8Array) => Uint8Array | undefined): boolean {
    const keys = [...this.#records.keys()];
    if (keys.length === 0) return false;
    const key = random.pick(keys);
    // A copy of its own: slice() of a Buffer is none.
    const value = change(new Uint8Array(this.#records.get(key) ?? []));
    if (value === undefined) this.#records.delete(key);
    else this.#records.set(key, value);
    return true;
  }

  /** While nobody has it open: one record whose key matches becomes another one; undefined: it is gone. False: there is none. */
  alter(
    random: Prng,
    pattern: RegExp,
    change: (record: readonly [string, Uint8Array<ArrayBuffer>]) => readonly [string, Uint8Array] | undefined,
  ): boolean {
    const keys = [...this.#records.keys()].filter((key) => pattern.test(key));
    if (keys.length === 0) return false;
    const key = random.pick(keys);
    const changed = change([key, new Uint8Array(this.#records.get(key) ?? [])]);
    this.#records.delete(key);
    if (changed !== undefined) this.#records.set(...changed);
    return true;
  }

  /** What is there now; the returned function puts it back. */
  backup(): () => void {
    const kept = new Map(this.#records);
    return () => {
      this.#records.clear();
      for (const [key, value] of kept) this.#records.set(key, value);
    };
  }

  crash(): void {
    for (const operations of this.#underWay.slice(0, this.#random.int(this.#underWay.length + 1)))
      this.#apply(operations);
    this.#underWay = [];
  }

  #apply(operations: readonly KeyValueOperation[]): void {
    for (const operation of operations) {
      const key = Buffer.from(operation.key).toString('latin1');
      if (operation.kind === 'put') this.#records.set(key, operation.value.slice());
      else this.#records.delete(key);
    }
  }

  async *#iterate(from: Uint8Array, to: Uint8Array): AsyncIterable<KeyValueEntry> {
    const first = Buffer.from(from).toString('latin1');
    const end = Buffer.from(to).toString('latin1');
    const keys = [...this.#records.keys()].filter((key) => key >= first && key < end).sort();
    const values = keys.map((key) => this.#records.get(key));
    for (const [i, key] of keys.entries()) {
      const value = values[i];
      if (value !== undefined) yield { key: Buffer.from(key, 'latin1'), value: value.slice() };
    }
  }
}
