// Delivers changes to watchers. Watchers are found by the prefix they follow, so one costs nothing to a change outside
// its range; those of one prefix who select nothing see the same, which is gathered once for all of them. A watcher that begins in
// the past catches up from history in turns of bounded length, then joins the live ones.
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
  batch: WatchEvent[];
  closed: boolean;
}

/** The live watchers of one prefix. */
interface Audience {
  /** Who sees everything, and so all the same. */
  readonly unselective: Set<Watcher>;
  readonly selective: Set<Watcher>;
  /** What the unselective ones see of what is being published. */
  batch: WatchEvent[];
}

/** What is being published, to whom. */
interface Touched {
  readonly audiences: Audience[];
  readonly watchers: Watcher[];
}

export class WatchHub {
  readonly #options: HubOptions;
  #machine: StateMachine;
  readonly #live = new Map<string, Audience>();
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
    for (const { unselective, selective } of this.#live.values()) size += unselective.size + selective.size;
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
      const touched: Touched = { audiences: [], watchers: [] };
      for (const change of changes) this.#offer(change, touched);
      for (const audience of touched.audiences) this.#deliverToAll(audience, upTo);
      for (const watcher of touched.watchers) this.#deliverOwn(watcher, upTo);
    }
    this.#published = upTo;
  }

  /**
   * A snapshot took the state's place: every watcher goes on from its progress in the history that came with it, or is
   * ended if that was compacted.
   */
  moveTo(machine: StateMachine): void {
    this.#machine = machine;
    for (const watcher of this.#everyLive()) {
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
    for (const watcher of this.#everyLive()) this.#end(watcher, 'closed');
  }

  #everyLive(): Watcher[] {
    return [...this.#live.values()].flatMap(({ unselective, selective }) => [...unselective, ...selective]);
  }

  #offer(change: Change, touched: Touched): void {
    const { key } = change.version;
    const shared = new SharedEvent(change);
    const second = key.indexOf('/', key.indexOf('/') + 1);
    this.#offerTo(this.#live.get(''), shared, touched);
    this.#offerTo(this.#live.get(key.slice(0, key.indexOf('/') + 1)), shared, touched);
    this.#offerTo(this.#live.get(key.slice(0, second + 1)), shared, touched);
    this.#offerTo(this.#live.get(key), shared, touched);
  }

  #offerTo(audience: Audience | undefined, shared: SharedEvent, touched: Touched): void {
    if (audience === undefined) return;
    if (audience.unselective.size > 0) {
      const event = shared.seenBy(undefined);
      if (event !== undefined) {
        if (audience.batch.length === 0) touched.audiences.push(audience);
        audience.batch.push(event);
      }
    }
    for (const watcher of audience.selective) {
      if (shared.change.version.revision <= watcher.from) continue;
      const event = this.#select(watcher, shared);
      if (event === undefined) continue;
      if (watcher.batch.length === 0) touched.watchers.push(watcher);
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

  #deliverToAll(audience: Audience, upTo: Revision): void {
    const { batch } = audience;
    audience.batch = [];
    // Who joins meanwhile, called back by one of them, begins after all of this.
    for (const watcher of audience.unselective) this.#deliver(watcher, eventsAfter(batch, watcher.from), upTo);
  }

  #deliverOwn(watcher: Watcher, upTo: Revision): void {
    const { batch } = watcher;
    watcher.batch = [];
    this.#deliver(watcher, batch, upTo);
  }

  #deliver(watcher: Watcher, batch: readonly WatchEvent[], upTo: Revision): void {
    if (watcher.closed || batch.length === 0) return;
    try {
      watcher.sink.events(batch, upTo);
    } catch (error) {
      this.#options.sinkFailed(error);
      this.#end(watcher, 'closed');
    }
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
    this.#deliverOwn(watcher, upTo);
    watcher.replayed = upTo;
    if (watcher.closed) return;
    if (upTo === this.#machine.revision) this.#join(watcher);
    else this.#options.defer(() => this.#replay(watcher));
  }

  #join(watcher: Watcher): void {
    this.#replaying.delete(watcher);
    watcher.replayed = undefined;
    const { prefix } = watcher.range;
    const audience = this.#live.get(prefix) ?? { unselective: new Set(), selective: new Set(), batch: [] };
    this.#live.set(prefix, audience);
    (watcher.matches === undefined ? audience.unselective : audience.selective).add(watcher);
  }

  #end(watcher: Watcher, reason: 'closed' | 'compacted'): void {
    if (watcher.closed) return;
    watcher.closed = true;
    this.#replaying.delete(watcher);
    this.#leave(watcher);
    try {
      watcher.sink.ended(reason);
    } catch (error) {
      this.#options.sinkFailed(error);
    }
  }

  #leave(watcher: Watcher): void {
    const audience = this.#live.get(watcher.range.prefix);
    if (audience === undefined) return;
    audience.unselective.delete(watcher);
    audience.selective.delete(watcher);
    if (audience.unselective.size + audience.selective.size === 0) this.#live.delete(watcher.range.prefix);
  }
}

/** Those of a batch that came after `from`: the batch itself when all did. */
function eventsAfter(batch: readonly WatchEvent[], from: Revision): readonly WatchEvent[] {
  const [first] = batch;
  return first === undefined || first.revision > from ? batch : batch.filter(({ revision }) => revision > from);
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
