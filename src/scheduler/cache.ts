// The scheduler's picture of the cluster: nodes, the pods on them, and pods it has decided about but not yet seen there.
//
// A decision counts at once, as a story:
// 1. A pod is decided for n1. It is assumed there, before anything is written, so that the next decision sees n1 fuller.
// 2. The binding is written meanwhile. When it fails, the pod is forgotten and its room is free again.
// 3. When it succeeds, the watch delivers the pod with its node: what was assumed becomes what is.
// 4. Should the watch never deliver it (it was deleted in the same moment, and the events were combined), what was assumed
//    runs out.
import type { Node, Pod, Served } from '../api/index.ts';
import { assert, type Clock } from '../lib/index.ts';
import { type NodeInfo, nodeInfo, type PodInfo, podInfo, type Snapshot, withPod } from './framework/snapshot.ts';
import { ASSUMED_POD_LIMIT_MS } from './limits.ts';

export interface SchedulerCache {
  setNode(node: Served<Node>): void;
  removeNode(name: string): void;
  /** A pod that runs, or will run, on the node it names. */
  setPod(pod: Served<Pod>): void;
  removePod(pod: Served<Pod>): void;
  /** Counts the pod as on that node from now on. */
  assume(pod: PodInfo, node: string): void;
  /** The binding was written: the watch has a limited time to confirm it. */
  finishBinding(pod: Served<Pod>): void;
  /** The pod is not there after all. */
  forget(pod: Served<Pod>): void;
  isAssumed(pod: Served<Pod>): boolean;
  /** Forgets assumed pods that the watch did not confirm in time; answers how many. */
  expire(): number;
  snapshot(): Snapshot;
}

/** Pods are told apart by uid: a name may be another pod's by the time a binding fails. */
type Uid = string;

interface Entry {
  node: Served<Node> | undefined;
  readonly pods: Map<Uid, PodInfo>;
  /** Derived from the two above; undefined: has to be derived anew. */
  info: NodeInfo | undefined;
}

interface Assumed {
  expiresMs: number | undefined;
}

export function createCache(clock: Clock): SchedulerCache {
  return new AssumingCache(clock);
}

class AssumingCache implements SchedulerCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** The node that each pod is on. */
  readonly #places = new Map<Uid, string>();
  readonly #assumed = new Map<Uid, Assumed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  setNode(node: Served<Node>): void {
    const entry = this.#entryOf(node.metadata.name);
    entry.node = node;
    entry.info = undefined;
  }

  removeNode(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.node = undefined;
    entry.info = undefined;
    if (entry.pods.size === 0) this.#entries.delete(name);
  }

  setPod(pod: Served<Pod>): void {
    this.#assumed.delete(pod.metadata.uid);
    this.#put(podInfo(pod), pod.spec?.nodeName ?? '');
  }

  removePod(pod: Served<Pod>): void {
    this.#assumed.delete(pod.metadata.uid);
    this.#take(pod.metadata.uid);
  }

  assume(pod: PodInfo, node: string): void {
    const { uid, name } = pod.pod.metadata;
    assert(!this.#places.has(uid), `${name} is assumed although it has a place`);
    this.#assumed.set(uid, { expiresMs: undefined });
    this.#put(pod, node);
  }

  finishBinding(pod: Served<Pod>): void {
    const assumed = this.#assumed.get(pod.metadata.uid);
    if (assumed !== undefined) assumed.expiresMs = this.#clock.monotonic() + ASSUMED_POD_LIMIT_MS;
  }

  forget(pod: Served<Pod>): void {
    if (this.#assumed.delete(pod.metadata.uid)) this.#take(pod.metadata.uid);
  }

  isAssumed(pod: Served<Pod>): boolean {
    return this.#assumed.has(pod.metadata.uid);
  }

  expire(): number {
    const nowMs = this.#clock.monotonic();
    const late = [...this.#assumed].filter(([, { expiresMs }]) => (expiresMs ?? Number.POSITIVE_INFINITY) <= nowMs);
    for (const [uid] of late) {
      this.#assumed.delete(uid);
      this.#take(uid);
    }
    return late.length;
  }

  snapshot(): Snapshot {
    const nodes: NodeInfo[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.node === undefined) continue;
      entry.info ??= nodeInfo(entry.node, [...entry.pods.values()]);
      nodes.push(entry.info);
    }
    return { nodes };
  }

  #entryOf(name: string): Entry {
    const entry = this.#entries.get(name) ?? { node: undefined, pods: new Map(), info: undefined };
    this.#entries.set(name, entry);
    return entry;
  }

  #take(uid: Uid): void {
    const name = this.#places.get(uid);
    if (name === undefined) return;
    this.#places.delete(uid);
    const entry = this.#entryOf(name);
    entry.pods.delete(uid);
    entry.info = undefined;
    if (entry.node === undefined && entry.pods.size === 0) this.#entries.delete(name);
  }

  #put(info: PodInfo, name: string): void {
    const { uid } = info.pod.metadata;
    this.#take(uid);
    const entry = this.#entryOf(name);
    this.#places.set(uid, name);
    entry.pods.set(uid, info);
    if (entry.info !== undefined) entry.info = withPod(entry.info, info);
  }
}
