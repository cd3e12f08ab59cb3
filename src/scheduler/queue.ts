// Pods that wait for a decision, in three places: active (next in line), backing off (failed a moment ago), unschedulable
// (nothing has changed since that could help). Events of the cluster, time, and changes of the pod itself move them on.
// Invariant: a pod is in one place at most, or in the hands of the scheduler (popped and not yet given back).
import type { Pod, Served } from '../api/index.ts';
import { keyOf, type ObjectKey } from '../client/index.ts';
import type { Clock, Timer } from '../lib/index.ts';
import type { ClusterEvent, Queued } from './framework/plugin.ts';
import { createHeap } from './heap.ts';
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

export function createSchedulingQueue({ clock, less, wakes }: QueueOptions): SchedulingQueue {
  const key = (item: QueuedPod): string => item.key;
  const active = createHeap<QueuedPod>(key, less);
  const backoff = createHeap<Waiting>(key, (a, b) => a.dueMs < b.dueMs);
  const unschedulable = new Map<ObjectKey, Waiting>();
  const inHand = new Map<ObjectKey, InHand>();
  let waiter: ((pod: QueuedPod | undefined) => void) | undefined;
  let timer: Timer | undefined;
  let closed = false;

  const hand = (queued: QueuedPod): QueuedPod => {
    inHand.set(queued.key, { pod: queued.pod, events: new Set(), changed: false });
    return { ...queued, attempts: queued.attempts + 1 };
  };
  const activate = ({ key, pod, addedMs, attempts }: QueuedPod): void => {
    active.put({ key, pod, addedMs, attempts });
    const wake = waiter;
    waiter = undefined;
    const next = wake === undefined ? undefined : active.pop();
    if (next !== undefined) wake?.(hand(next));
  };
  const arm = (): void => {
    timer?.cancel();
    const first = backoff.peek();
    if (first === undefined || closed) return;
    timer = clock.timer(first.dueMs - clock.monotonic(), () => {
      for (let due = backoff.peek(); due !== undefined && due.dueMs <= clock.monotonic(); due = backoff.peek()) {
        backoff.pop();
        activate(due);
      }
      arm();
    });
  };
  const release = (waiting: Waiting): void => {
    unschedulable.delete(waiting.key);
    if (waiting.dueMs <= clock.monotonic()) activate(waiting);
    else {
      backoff.put(waiting);
      arm();
    }
  };
  const wait = (queued: QueuedPod, rejectedBy: ReadonlySet<string>): Waiting => {
    const backoffMs = Math.min(POD_BACKOFF_MAX_MS, POD_BACKOFF_MIN_MS * 2 ** Math.max(0, queued.attempts - 1));
    const sinceMs = clock.monotonic();
    return { ...queued, sinceMs, dueMs: sinceMs + backoffMs, rejectedBy };
  };
  /** What was missed while the pod was in hand; undefined when it was deleted, or is another pod of that name now. */
  const takeBack = (queued: QueuedPod): InHand | undefined => {
    const held = inHand.get(queued.key);
    if (held?.pod.metadata.uid !== queued.pod.metadata.uid) return undefined;
    inHand.delete(queued.key);
    return closed ? undefined : held;
  };
  const remove = (name: ObjectKey): QueuedPod | undefined => {
    const waiting = unschedulable.get(name);
    unschedulable.delete(name);
    inHand.delete(name);
    return active.remove(name) ?? backoff.remove(name) ?? waiting;
  };

  return {
    add(pod) {
      const name = keyOf(pod);
      remove(name);
      if (!closed) activate({ key: name, pod, addedMs: clock.monotonic(), attempts: 0 });
    },
    update(pod, mayHelp) {
      const name = keyOf(pod);
      const held = inHand.get(name);
      if (held !== undefined) {
        held.pod = pod;
        held.changed ||= mayHelp;
        return;
      }
      const waiting = unschedulable.get(name);
      if (waiting !== undefined) {
        const updated = { ...waiting, pod };
        unschedulable.set(name, updated);
        if (mayHelp) release(updated);
        return;
      }
      const resting = backoff.remove(name);
      if (resting !== undefined) backoff.put({ ...resting, pod });
      const next = active.remove(name);
      if (next !== undefined) active.put({ ...next, pod });
    },
    remove: (name) => void remove(name),
    pop() {
      const next = active.pop();
      if (next !== undefined) return Promise.resolve(hand(next));
      if (closed) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        waiter = resolve;
      });
    },
    finish: (queued) => void takeBack(queued),
    giveBack(queued, rejectedBy) {
      const held = takeBack(queued);
      if (held === undefined) return;
      const waiting = wait({ ...queued, pod: held.pod }, rejectedBy);
      if (held.changed || [...held.events].some((event) => wakes(event, rejectedBy))) release(waiting);
      else unschedulable.set(queued.key, waiting);
    },
    retry(queued) {
      const held = takeBack(queued);
      if (held !== undefined) release(wait({ ...queued, pod: held.pod }, new Set()));
    },
    notify(event) {
      for (const held of inHand.values()) held.events.add(event);
      for (const waiting of [...unschedulable.values()]) if (wakes(event, waiting.rejectedBy)) release(waiting);
    },
    flush() {
      const beforeMs = clock.monotonic() - UNSCHEDULABLE_LIMIT_MS;
      for (const waiting of [...unschedulable.values()]) if (waiting.sinceMs <= beforeMs) release(waiting);
    },
    get lengths() {
      return { active: active.size, backoff: backoff.size, unschedulable: unschedulable.size };
    },
    close() {
      closed = true;
      timer?.cancel();
      waiter?.(undefined);
    },
  };
}
