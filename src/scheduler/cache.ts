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
  const entries = new Map<string, Entry>();
  const places = new Map<Uid, string>();
  const assumed = new Map<Uid, Assumed>();

  const entryOf = (name: string): Entry => {
    const entry = entries.get(name) ?? { node: undefined, pods: new Map(), info: undefined };
    entries.set(name, entry);
    return entry;
  };
  const take = (uid: Uid): void => {
    const name = places.get(uid);
    if (name === undefined) return;
    places.delete(uid);
    const entry = entryOf(name);
    entry.pods.delete(uid);
    entry.info = undefined;
    if (entry.node === undefined && entry.pods.size === 0) entries.delete(name);
  };
  const put = (uid: Uid, info: PodInfo, name: string): void => {
    take(uid);
    const entry = entryOf(name);
    places.set(uid, name);
    entry.pods.set(uid, info);
    if (entry.info !== undefined) entry.info = withPod(entry.info, info);
  };

  return {
    setNode(node) {
      const entry = entryOf(node.metadata.name);
      entry.node = node;
      entry.info = undefined;
    },
    removeNode(name) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entry.node = undefined;
      entry.info = undefined;
      if (entry.pods.size === 0) entries.delete(name);
    },
    setPod(pod) {
      assumed.delete(pod.metadata.uid);
      put(pod.metadata.uid, podInfo(pod), pod.spec?.nodeName ?? '');
    },
    removePod(pod) {
      assumed.delete(pod.metadata.uid);
      take(pod.metadata.uid);
    },
    assume(pod, node) {
      const { uid, name } = pod.pod.metadata;
      assert(!places.has(uid), `${name} is assumed although it has a place`);
      assumed.set(uid, { expiresMs: undefined });
      put(uid, pod, node);
    },
    finishBinding(pod) {
      const entry = assumed.get(pod.metadata.uid);
      if (entry !== undefined) entry.expiresMs = clock.monotonic() + ASSUMED_POD_LIMIT_MS;
    },
    forget(pod) {
      if (assumed.delete(pod.metadata.uid)) take(pod.metadata.uid);
    },
    isAssumed: (pod) => assumed.has(pod.metadata.uid),
    expire() {
      const late = [...assumed].filter(([, { expiresMs }]) => (expiresMs ?? Infinity) <= clock.monotonic());
      for (const [uid] of late) {
        assumed.delete(uid);
        take(uid);
      }
      return late.length;
    },
    snapshot() {
      const nodes: NodeInfo[] = [];
      for (const entry of entries.values()) {
        if (entry.node === undefined) continue;
        entry.info ??= nodeInfo(entry.node, [...entry.pods.values()]);
        nodes.push(entry.info);
      }
      return { nodes };
    },
  };
}
