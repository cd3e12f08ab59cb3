// The simulated disk under a log: writes are seen at once and lost at a crash unless they were synced. Of what was not
// synced a crash keeps any part: some writes, none, or the beginning of one. Names behave like a journal: a crash keeps
// what was synced and the first few of the later changes.

import type { Disk, DiskFile, Quarantine } from '../../raft/node/index.ts';
import { assert, defined, type Prng } from '../../src/lib/index.ts';

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly bytes: number };

class Content {
  bytes = new Uint8Array(0);

  apply(change: Change): void {
    const end = change.kind === 'resize' ? change.bytes : change.position + change.bytes.length;
    if (change.kind === 'resize' ? end !== this.bytes.length : end > this.bytes.length) this.#resize(end);
    if (change.kind === 'write') this.bytes.set(change.bytes, change.position);
  }

  #resize(bytes: number): void {
    const resized = new Uint8Array(bytes);
    resized.set(this.bytes.subarray(0, bytes));
    this.bytes = resized;
  }
}

/** A file as the process sees it, as the disk has it, and what lies between. */
class SimFile {
  readonly seen = new Content();
  readonly durable = new Content();
  pending: Change[] = [];

  static of(bytes: Uint8Array<ArrayBuffer>): SimFile {
    const file = new SimFile();
    file.seen.bytes = bytes.slice();
    file.durable.bytes = bytes;
    return file;
  }

  change(change: Change): void {
    this.seen.apply(change);
    this.pending.push(change);
  }

  sync(): void {
    for (const change of this.pending) this.durable.apply(change);
    this.pending = [];
  }

  crash(random: Prng): void {
    for (const change of this.pending) {
      if (random.chance(0.4)) continue;
      const isTorn = change.kind === 'write' && random.chance(0.4);
      this.durable.apply(
        isTorn ? { ...change, bytes: change.bytes.slice(0, random.int(change.bytes.length + 1)) } : change,
      );
    }
    this.pending = [];
    this.seen.bytes = this.durable.bytes.slice();
  }
}

type NameChange =
  | { readonly kind: 'create'; readonly name: string; readonly file: SimFile }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

function rename(names: Map<string, SimFile>, change: NameChange): void {
  if (change.kind === 'create') names.set(change.name, change.file);
  if (change.kind === 'remove') names.delete(change.name);
  if (change.kind !== 'rename') return;
  const file = names.get(change.from);
  if (file === undefined) return;
  names.delete(change.from);
  names.set(change.to, file);
}

/** A folder on a disk that survives its processes. */
export class SimDisk implements Disk, Quarantine {
  readonly #random: Prng;
  /** `label/name` of what was set aside. */
  readonly #aside = new Set<string>();
  #seen = new Map<string, SimFile>();
  readonly #durable = new Map<string, SimFile>();
  #pending: NameChange[] = [];

  constructor(random: Prng) {
    this.#random = random;
  }

  list(): readonly string[] {
    return [...this.#seen.keys()].sort();
  }

  open(name: string, mode: 'existing' | 'create'): DiskFile {
    if (mode === 'create') {
      assert(!this.#seen.has(name), `${name} is there already`);
      this.#change({ kind: 'create', name, file: new SimFile() });
    }
    return new Handle(defined(this.#seen.get(name), `the file ${name}`));
  }

  remove(name: string): void {
    this.#change({ kind: 'remove', name });
  }

  rename(from: string, to: string): void {
    this.#change({ kind: 'rename', from, to });
  }

  #change(change: NameChange): void {
    rename(this.#seen, change);
    this.#pending.push(change);
  }

  admit(): void {}

  setAside(name: string, label: string): void {
    this.#aside.add(`${label}/${name}`);
    this.remove(name);
    this.syncDirectory();
  }

  /** What was set aside is gone. False: nothing was. */
  loseAside(): boolean {
    const isThere = this.#aside.size > 0;
    this.#aside.clear();
    return isThere;
  }

  syncDirectory(): void {
    for (const change of this.#pending) rename(this.#durable, change);
    this.#pending = [];
  }

  /** The sync of a file failed: what it should have written is gone, although it can still be read (as on Linux). */
  failSync(name: string): void {
    const file = this.#seen.get(name);
    if (file !== undefined) file.pending = [];
  }

  /** While nobody has it open: a file's bytes become what `change` returns; undefined: the file is gone. */
  tamper(name: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined): void {
    const file = this.#durable.get(name);
    if (file === undefined) return;
    const bytes = change(file.durable.bytes.slice());
    this.#durable.delete(name);
    if (bytes !== undefined) this.#durable.set(name, SimFile.of(bytes));
    this.#seen = new Map(this.#durable);
  }

  /** What is durable now; the returned function puts it back. */
  backup(): () => void {
    const kept = [...this.#durable].map(([name, file]) => [name, file.durable.bytes.slice()] as const);
    return () => {
      this.#durable.clear();
      this.#pending = [];
      for (const [name, bytes] of kept) this.#durable.set(name, SimFile.of(bytes.slice()));
      this.#seen = new Map(this.#durable);
    };
  }

  /** The process is gone, and with it what was not synced. */
  crash(): void {
    const kept = this.#random.int(this.#pending.length + 1);
    for (const change of this.#pending.slice(0, kept)) rename(this.#durable, change);
    this.#pending = [];
    this.#seen = new Map(this.#durable);
    for (const file of this.#seen.values()) file.crash(this.#random);
  }
}

class Handle implements DiskFile {
  readonly #file: SimFile;

  constructor(file: SimFile) {
    this.#file = file;
  }

  size(): number {
    return this.#file.seen.bytes.length;
  }

  read(position: number, length: number): Uint8Array {
    return this.#file.seen.bytes.slice(position, position + length);
  }

  write(position: number, bytes: Uint8Array): void {
    this.#file.change({ kind: 'write', position, bytes: bytes.slice() });
  }

  resize(bytes: number): void {
    this.#file.change({ kind: 'resize', bytes });
  }

  sync(): void {
    this.#file.sync();
  }

  close(): void {}
}
