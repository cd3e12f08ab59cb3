// Pods that wait for a decision, in three places: active (next in line), backing off (failed a moment ago), unschedulable
// (nothing has changed since that could help). Events of the cluster, time, and changes of the pod itself move them on.
// Invariant: a pod is in one place at most, or in the hands of the scheduler (popped and not yet given back).
import type { Pod, Served } from '../api/index.ts';
import { keyOf, type ObjectKey } from '../client/index.ts';
import type { Clock, Timer } from '../lib/index.ts';
import type { ClusterEvent, Queued } from './framework/plugin.ts';
import { createHeap, type Heap } from './heap.ts';
import { POD_BACKOFF_MAX_MS, POD_BACKOFF_MIN_MS, UNSCHEDULABLE_LIMIT_MS } from './limits.ts';

/** A pod on its way through the queue. */
export interface QueuedPod extends Queued {
  readonly key: ObjectKey;
  readonly pod: Served<Pod>;
  readonly addedMs: number;
  /** How often it was tried. */
  readonly attempts: number;
}

export interface QueueOptions {
  readonly clock: Clock;
  less(a: Queued, b: Queued): boolean;
  /** Whether an event may help a pod that these plugins rejected. */
  wakes(event: ClusterEvent, rejectedBy: ReadonlySet<string>): boolean;
}

export interface SchedulingQueue {
  add(pod: Served<Pod>): void;
  /** The pod changed: what waits is the new version; `mayHelp` when the change could give it a place. */
  update(pod: Served<Pod>, mayHelp: boolean): void;
  remove(key: ObjectKey): void;
  /** The next pod; undefined when the queue was closed. */
  pop(): Promise<QueuedPod | undefined>;
  /** It has a place now. */
  finish(queued: QueuedPod): void;
  /** No node could take it. Something that happened since it was popped counts as having come after. */
  giveBack(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void;
  /** Trying failed for reasons of its own: again after its back-off. */
  retry(queued: QueuedPod): void;
  /** Something happened that may help waiting pods. */
  notify(event: ClusterEvent): void;
  /** Moves on what has waited for events too long. */
  flush(): void;
  readonly lengths: Readonly<Record<'active' | 'backoff' | 'unschedulable', number>>;
  close(): void;
}

interface Waiting extends QueuedPod {
  readonly sinceMs: number;
  readonly dueMs: number;
  readonly rejectedBy: ReadonlySet<string>;
}

/** A pod the scheduler works on, and what it has missed meanwhile. */
interface InHand {
  pod: Served<Pod>;
  readonly events: Set<ClusterEvent>;
  changed: boolean;
}

export function createSchedulingQueue(options: QueueOptions): SchedulingQueue {
  return new ThreePartQueue(options);
}

class ThreePartQueue implements SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: Heap<Waiting>;
  readonly #unschedulable = new Map<ObjectKey, Waiting>();
  readonly #inHand = new Map<ObjectKey, InHand>();
  #waiter: ((pod: QueuedPod | undefined) => void) | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    const keyOfItem = (item: QueuedPod): string => item.key;
    this.#active = createHeap<QueuedPod>(keyOfItem, (a, b) => options.less(a, b));
    this.#backoff = createHeap<Waiting>(keyOfItem, (a, b) => a.dueMs < b.dueMs);
  }

  add(pod: Served<Pod>): void {
    const key = keyOf(pod);
    this.remove(key);
    if (!this.#closed) this.#activate({ key, pod, addedMs: this.#options.clock.monotonic(), attempts: 0 });
  }

  update(pod: Served<Pod>, mayHelp: boolean): void {
    const key = keyOf(pod);
    const held = this.#inHand.get(key);
    if (held !== undefined) {
      held.pod = pod;
      held.changed ||= mayHelp;
      return;
    }
    const waiting = this.#unschedulable.get(key);
    if (waiting !== undefined) {
      const updated = { ...waiting, pod };
      this.#unschedulable.set(key, updated);
      if (mayHelp) this.#release(updated);
      return;
    }
    const resting = this.#backoff.remove(key);
    if (resting !== undefined) this.#backoff.put({ ...resting, pod });
    const next = this.#active.remove(key);
    if (next !== undefined) this.#active.put({ ...next, pod });
  }

  remove(key: ObjectKey): void {
    this.#inHand.delete(key);
    this.#unschedulable.delete(key);
    this.#backoff.remove(key);
    this.#active.remove(key);
  }

  pop(): Promise<QueuedPod | undefined> {
    const next = this.#active.pop();
    if (next !== undefined) return Promise.resolve(this.#hand(next));
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }

  finish(queued: QueuedPod): void {
    this.#takeBack(queued);
  }

  giveBack(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const held = this.#takeBack(queued);
    if (held === undefined) return;
    const waiting = this.#wait({ ...queued, pod: held.pod }, rejectedBy);
    const woken = held.changed || [...held.events].some((event) => this.#options.wakes(event, rejectedBy));
    if (woken) this.#release(waiting);
    else this.#unschedulable.set(queued.key, waiting);
  }

  retry(queued: QueuedPod): void {
    const held = this.#takeBack(queued);
    if (held !== undefined) this.#release(this.#wait({ ...queued, pod: held.pod }, new Set()));
  }

  notify(event: ClusterEvent): void {
    for (const held of this.#inHand.values()) held.events.add(event);
    for (const waiting of [...this.#unschedulable.values()]) {
      if (this.#options.wakes(event, waiting.rejectedBy)) this.#release(waiting);
    }
  }

  flush(): void {
    const beforeMs = this.#options.clock.monotonic() - UNSCHEDULABLE_LIMIT_MS;
    for (const waiting of [...this.#unschedulable.values()]) if (waiting.sinceMs <= beforeMs) this.#release(waiting);
  }

  get lengths(): Readonly<Record<'active' | 'backoff' | 'unschedulable', number>> {
    return { active: this.#active.size, backoff: this.#backoff.size, unschedulable: this.#unschedulable.size };
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#waiter?.(undefined);
    this.#waiter = undefined;
  }

  #hand(queued: QueuedPod): QueuedPod {
    this.#inHand.set(queued.key, { pod: queued.pod, events: new Set(), changed: false });
    return { ...queued, attempts: queued.attempts + 1 };
  }

  /** What was missed while the pod was in hand; undefined when it was deleted, or is another pod of that name now. */
  #takeBack(queued: QueuedPod): InHand | undefined {
    const held = this.#inHand.get(queued.key);
    if (held?.pod.metadata.uid !== queued.pod.metadata.uid) return undefined;
    this.#inHand.delete(queued.key);
    return this.#closed ? undefined : held;
  }

  #activate({ key, pod, addedMs, attempts }: QueuedPod): void {
    this.#active.put({ key, pod, addedMs, attempts });
    const waiter = this.#waiter;
    const next = waiter === undefined ? undefined : this.#active.pop();
    if (next === undefined) return;
    this.#waiter = undefined;
    waiter?.(this.#hand(next));
  }

  #wait(queued: QueuedPod, rejectedBy: ReadonlySet<string>): Waiting {
    const backoffMs = Math.min(POD_BACKOFF_MAX_MS, POD_BACKOFF_MIN_MS * 2 ** Math.max(0, queued.attempts - 1));
    const sinceMs = this.#options.clock.monotonic();
    return { ...queued, sinceMs, dueMs: sinceMs + backoffMs, rejectedBy };
  }

  /** On to the next try, as soon as its back-off allows. */
  #release(waiting: Waiting): void {
    this.#unschedulable.delete(waiting.key);
    if (waiting.dueMs <= this.#options.clock.monotonic()) this.#activate(waiting);
    else {
      this.#backoff.put(waiting);
      this.#arm();
    }
  }

  #arm(): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    const first = this.#backoff.peek();
    if (first === undefined || this.#closed) return;
    this.#timer = clock.timer(first.dueMs - clock.monotonic(), () => {
      for (;;) {
        const due = this.#backoff.peek();
        if (due === undefined || due.dueMs > clock.monotonic()) break;
        this.#backoff.pop();
        this.#activate(due);
      }
      this.#arm();
    });
  }
}
