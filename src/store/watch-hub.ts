// Delivers changes to watchers. Watchers are found by the prefix they follow, so one costs nothing to a change outside
// its range. A watcher that begins in the past catches up from history in turns of bounded length, then joins the live ones.
//
// Invariant: a watcher has been given every change of its range up to its progress, once and in order, and none after it.

import type { Change } from './history.ts';
import { inRange } from './key.ts';
import { REPLAY_LIMIT_CHANGES } from './limits.ts';
import {
  CompactedError,
  type KeyRange,
  type Revision,
  type StoredObject,
  type StoreKey,
  type Watch,
  type WatchEvent,
  type WatchOptions,
  type WatchSink,
} from './port.ts';
import type { StateMachine } from './state-machine.ts';
import { DepartedVersion, StoredVersion } from './version.ts';

export interface HubOptions {
  readonly machine: StateMachine;
  /** Runs something soon, in a turn of its own. */
  readonly defer: (run: () => void) => void;
  /** A sink threw: its watch was ended, the others go on. */
  readonly sinkFailed: (error: unknown) => void;
}

interface Watcher {
  readonly range: KeyRange;
  readonly matches: ((object: StoredObject) => boolean) | undefined;
  readonly sink: WatchSink;
  /** Where it is while it catches up; undefined when it is live. */
  replayed: Revision | undefined;
  /** Changes up to here are not for it: it began after them. */
  readonly from: Revision;
  readonly batch: WatchEvent[];
  closed: boolean;
}

export class WatchHub {
  readonly #options: HubOptions;
  #machine: StateMachine;
  readonly #live = new Map<string, Set<Watcher>>();
  readonly #replaying = new Set<Watcher>();
  #published: Revision;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#machine = options.machine;
    this.#published = options.machine.revision;
  }

  /** Live watchers and those that catch up: for metrics. */
  get size(): number {
    let size = this.#replaying.size;
    for (const watchers of this.#live.values()) size += watchers.size;
    return size;
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    // Throws for a revision that is compacted or not reached.
    this.#machine.changesAfter(options.from, 0);
    const watcher: Watcher = {
      range: options.range,
      matches: options.matches,
      sink,
      replayed: options.from,
      from: options.from,
      batch: [],
      closed: false,
    };
    if (options.from === this.#machine.revision) this.#join(watcher);
    else {
      this.#replaying.add(watcher);
      this.#options.defer(() => this.#replay(watcher));
    }
    return {
      progress: () => watcher.replayed ?? (Math.max(watcher.from, this.#published) as Revision),
      close: () => this.#end(watcher, 'closed'),
    };
  }

  /** Delivers applied changes, which end at the command boundary that the machine has reached. */
  publish(changes: readonly Change[]): void {
    const upTo = this.#machine.revision;
    if (this.#live.size > 0 && changes.length > 0) {
      const touched: Watcher[] = [];
      for (const change of changes) this.#offer(change, touched);
      for (const watcher of touched) this.#deliver(watcher, upTo);
    }
    this.#published = upTo;
  }

  /**
   * A snapshot took the state's place: every watcher goes on from its progress in the history that came with it, or is
   * ended if that was compacted.
   */
  moveTo(machine: StateMachine): void {
    this.#machine = machine;
    for (const watcher of [...this.#live.values()].flatMap((watchers) => [...watchers])) {
      watcher.replayed = Math.max(watcher.from, this.#published) as Revision;
      this.#replaying.add(watcher);
      this.#options.defer(() => this.#replay(watcher));
    }
    this.#live.clear();
    this.#published = machine.revision;
  }

  /** Ends every watch. */
  stop(): void {
    for (const watcher of [...this.#replaying]) this.#end(watcher, 'closed');
    for (const watchers of [...this.#live.values()]) for (const watcher of [...watchers]) this.#end(watcher, 'closed');
  }

  #offer(change: Change, touched: Watcher[]): void {
    const { key } = change.version;
    const shared = new SharedEvent(change);
    const second = key.indexOf('/', key.indexOf('/') + 1);
    this.#offerTo(this.#live.get(''), shared, touched);
    this.#offerTo(this.#live.get(key.slice(0, key.indexOf('/') + 1)), shared, touched);
    this.#offerTo(this.#live.get(key.slice(0, second + 1)), shared, touched);
    this.#offerTo(this.#live.get(key), shared, touched);
  }

  #offerTo(watchers: Set<Watcher> | undefined, shared: SharedEvent, touched: Watcher[]): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      if (shared.change.version.revision <= watcher.from) continue;
      const event = this.#select(watcher, shared);
      if (event === undefined) continue;
      if (watcher.batch.length === 0) touched.push(watcher);
      watcher.batch.push(event);
    }
  }

  /** A filter is the caller's code, as a sink is: one that throws ends its own watch. */
  #select(watcher: Watcher, shared: SharedEvent): WatchEvent | undefined {
    try {
      return shared.seenBy(watcher.matches);
    } catch (error) {
      this.#options.sinkFailed(error);
      this.#end(watcher, 'closed');
      return undefined;
    }
  }

  #deliver(watcher: Watcher, upTo: Revision): void {
    if (!watcher.closed) {
      try {
        watcher.sink.events(watcher.batch, upTo);
      } catch (error) {
        this.#options.sinkFailed(error);
        this.#end(watcher, 'closed');
      }
    }
    watcher.batch.length = 0;
  }

  #replay(watcher: Watcher): void {
    if (watcher.closed || watcher.replayed === undefined) return;
    let upTo = watcher.replayed;
    try {
      for (const change of this.#machine.changesAfter(upTo, REPLAY_LIMIT_CHANGES)) {
        upTo = change.boundary;
        if (!inRange(watcher.range, change.version.key as StoreKey)) continue;
        const event = this.#select(watcher, new SharedEvent(change));
        if (event !== undefined) watcher.batch.push(event);
      }
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      this.#end(watcher, 'compacted');
      return;
    }
    if (watcher.batch.length > 0) this.#deliver(watcher, upTo);
    watcher.replayed = upTo;
    if (watcher.closed) return;
    if (upTo === this.#machine.revision) this.#join(watcher);
    else this.#options.defer(() => this.#replay(watcher));
  }

  #join(watcher: Watcher): void {
    this.#replaying.delete(watcher);
    watcher.replayed = undefined;
    const { prefix } = watcher.range;
    const watchers = this.#live.get(prefix);
    if (watchers === undefined) this.#live.set(prefix, new Set([watcher]));
    else watchers.add(watcher);
  }

  #end(watcher: Watcher, reason: 'closed' | 'compacted'): void {
    if (watcher.closed) return;
    watcher.closed = true;
    this.#replaying.delete(watcher);
    const watchers = this.#live.get(watcher.range.prefix);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#live.delete(watcher.range.prefix);
    try {
      watcher.sink.ended(reason);
    } catch (error) {
      this.#options.sinkFailed(error);
    }
  }
}

/** A change as watchers see it; the events are made once and shared by all who see the same. */
class SharedEvent {
  readonly change: Change;
  #entered: WatchEvent | undefined;
  #changed: WatchEvent | undefined;
  #left: WatchEvent | undefined;

  constructor(change: Change) {
    this.change = change;
  }

  /** What a watcher of a selection sees; undefined for nothing. */
  seenBy(matches: ((object: StoredObject) => boolean) | undefined): WatchEvent | undefined {
    const { version, previous } = this.change;
    const is = version instanceof StoredVersion && (matches === undefined || matches(version));
    const was = previous !== undefined && (matches === undefined || matches(previous));
    if (is) return was ? this.#modified() : this.#added();
    return was ? this.#deleted(previous) : undefined;
  }

  #added(): WatchEvent {
    const { version, previous } = this.change;
    this.#entered ??= { type: 'added', revision: version.revision, object: version, previous };
    return this.#entered;
  }

  #modified(): WatchEvent {
    const { version, previous } = this.change;
    this.#changed ??= { type: 'modified', revision: version.revision, object: version, previous };
    return this.#changed;
  }

  #deleted(previous: StoredVersion): WatchEvent {
    const { version } = this.change;
    const object = version instanceof StoredVersion ? new DepartedVersion(previous, version.revision) : version;
    this.#left ??= { type: 'deleted', revision: version.revision, object, previous };
    return this.#left;
  }
}
