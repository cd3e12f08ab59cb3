// Taint-based eviction: deletes pods from nodes with a NoExecute taint once they have stayed as long as they tolerate. The
// time counts from when this process saw the taint, on its monotonic clock: a taint that is old only because the machine
// slept gives nobody notice (house.md, decision 14).
import { equalJson, type Node, type Pod, type Served } from '../../api/index.ts';
import {
  type EventRecorder,
  keyOf,
  nameOf,
  nameOfKey,
  type ObjectKey,
  PODS,
  type ReconcileResult,
} from '../../client/index.ts';
import { type Clock, every, rfc3339 } from '../../lib/index.ts';
import { BY_NODE } from '../caches.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS, NODE_MONITOR_PERIOD_MS } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import { isPodFinished, withPodCondition } from '../shared/pods.ts';
import { noExecuteTaints, tolerationMs } from './eviction-plan.ts';
import { sleptBetween, type Tick } from './plan.ts';

export function startTaintEvictionController(context: ControllerContext): readonly Loop[] {
  const { caches, clock, signal } = context;
  const queue = context.newQueue();
  const recorder = context.recorder('taint-eviction-controller');
  const observed = createObservations(clock);
  const enqueuePods = (node: Served<Node>): void => {
    for (const pod of caches.pods.lister.byIndex(BY_NODE, node.metadata.name)) queue.add(keyOf(pod));
  };
  const timer = every(clock, NODE_MONITOR_PERIOD_MS, () => {
    if (observed.forgetAfterSleep()) caches.nodes.lister.list().forEach(enqueuePods);
  });
  signal.addEventListener('abort', () => timer.cancel(), { once: true });
  caches.nodes.addHandlers(
    {
      added: (node) => noExecuteTaints(node.spec?.taints).length > 0 && enqueuePods(node),
      updated: (node, old) => !equalJson(node.spec?.taints, old.spec?.taints) && enqueuePods(node),
      deleted: (node) => observed.forget(node.metadata.name),
    },
    signal,
  );
  caches.pods.addHandlers(
    {
      added: (pod) => queue.add(keyOf(pod)),
      updated: (pod, old) => {
        const placed = (each: Pod): unknown => [each.spec?.nodeName, each.spec?.tolerations];
        if (!equalJson(placed(pod), placed(old))) queue.add(keyOf(pod));
      },
    },
    signal,
  );
  return [
    {
      name: 'taint-eviction',
      workers: CONTROLLER_WORKERS,
      queue,
      reconcile: (key) => reconcile(context, observed, recorder, key),
    },
  ];
}

/** Since when each node has had its NoExecute taints, by our clock. */
interface Observations {
  /** Monotonic milliseconds; begins now when the taints differ from those seen before. */
  since(node: Served<Node>): number;
  forget(name: string): void;
  /** True when the machine slept: then all taints count as seen now. */
  forgetAfterSleep(): boolean;
}

function createObservations(clock: Clock): Observations {
  const seen = new Map<string, { readonly taints: string; readonly atMs: number }>();
  const read = (): Tick => ({ wallMs: clock.now(), monotonicMs: clock.monotonic() });
  let last = read();
  return {
    since(node) {
      const { name, uid } = node.metadata;
      const keys = noExecuteTaints(node.spec?.taints).map(({ key, value }) => `${key}=${value ?? ''}`);
      const taints = `${uid} ${keys.sort().join(',')}`;
      const known = seen.get(name);
      if (known?.taints === taints) return known.atMs;
      const atMs = clock.monotonic();
      seen.set(name, { taints, atMs });
      return atMs;
    },
    forget: (name) => void seen.delete(name),
    forgetAfterSleep() {
      const now = read();
      const slept = sleptBetween(last, now);
      last = now;
      if (slept) seen.clear();
      return slept;
    },
  };
}

async function reconcile(
  { caches, client, clock }: ControllerContext,
  observed: Observations,
  recorder: EventRecorder,
  key: ObjectKey,
): Promise<ReconcileResult | undefined> {
  const pod = caches.pods.lister.get(nameOfKey(key));
  if (pod?.spec?.nodeName === undefined || isPodFinished(pod)) return undefined;
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  const node = caches.nodes.lister.get({ namespace: '', name: pod.spec.nodeName });
  if (node === undefined) return undefined;
  observed.forgetAfterSleep();
  const sinceMs = observed.since(node);
  const allowedMs = tolerationMs(pod, node.spec?.taints ?? []);
  if (allowedMs === undefined) return undefined;
  const leftMs = sinceMs + allowedMs - clock.monotonic();
  if (leftMs > 0) return { requeueAfterMs: leftMs };

  recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
  const conditions = withPodCondition(pod, {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: rfc3339(clock.now()),
  });
  const status = { ...pod.status, conditions };
  const marked = await unlessGone(client.update(PODS, { ...pod, status }, { subresource: 'status' }));
  if (marked === undefined) return undefined;
  const { uid, resourceVersion } = marked.metadata;
  await unlessGone(client.delete(PODS, nameOf(pod), { uid, resourceVersion }));
  return undefined;
}
