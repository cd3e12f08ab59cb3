// The node lifecycle controller. It listens for signs of life (leases and status heartbeats), tells in a node's conditions
// when they stop, taints the node, and marks its pods not ready. Evicting them is eviction-controller.ts.
//
// A laptop's sleep, as a story: (1) the lid closes, every process stops; (2) it opens an hour later, and each lease looks an
// hour old; (3) a controller that trusted wall time would evict everything. So silence is measured on our own monotonic clock
// from what we saw change; a jump between the clocks starts all measurements anew and suspends eviction; and when all
// nodes fall silent together, we suspect ourselves rather than them.
import { equalJson, type Node, type Pod, type Served } from '../../api/index.ts';
import {
  type EventRecorder,
  NODES,
  type ObjectKey,
  PODS,
  type ReconcileResult,
  type WorkQueue,
} from '../../client/index.ts';
import { every, rfc3339 } from '../../lib/index.ts';
import { BY_NODE } from '../caches.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS, NODE_MONITOR_PERIOD_MS, WAKE_SUSPENSION_MS } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import { isPodFinished, isPodReady, withPodCondition } from '../shared/pods.ts';
import {
  desiredTaints,
  type Heard,
  hear,
  isSilent,
  readyOf,
  signOf,
  silentConditions,
  sleptBetween,
  type Tick,
  taintsDiffer,
} from './plan.ts';

const LEASE_NAMESPACE = 'kube-node-lease';

export function startNodeLifecycleController(context: ControllerContext): readonly Loop[] {
  const queue = context.newQueue();
  const recorder = context.recorder('node-controller');
  const monitor = createMonitor(context);
  watch(context, queue);
  const timer = every(context.clock, NODE_MONITOR_PERIOD_MS, () => {
    monitor.tick();
    for (const node of context.caches.nodes.lister.list()) queue.add(node.metadata.name);
  });
  context.signal.addEventListener('abort', () => timer.cancel(), { once: true });
  return [
    {
      name: 'node-lifecycle',
      workers: CONTROLLER_WORKERS,
      queue,
      reconcile: (name) => reconcile(context, monitor, recorder, name),
    },
  ];
}

function watch({ caches, signal }: ControllerContext, queue: WorkQueue<ObjectKey>): void {
  const enqueue = (node: Served<Node>): void => queue.add(node.metadata.name);
  const relevant = (node: Served<Node>): unknown => [
    node.spec,
    node.status?.conditions?.map(({ type, status }) => [type, status]),
  ];
  caches.nodes.addHandlers(
    { added: enqueue, updated: (node, old) => !equalJson(relevant(node), relevant(old)) && enqueue(node) },
    signal,
  );
  // A pod that is bound to, or becomes ready on, a node that is not.
  const marked = (pod: Served<Pod>): void => {
    const name = pod.spec?.nodeName;
    if (!name || !isPodReady(pod)) return;
    const node = caches.nodes.lister.get({ namespace: '', name });
    if (node !== undefined && isNotReady(node)) queue.add(name);
  };
  caches.pods.addHandlers({ added: marked, updated: marked }, signal);
}

/** Remembers signs of life, and knows whether silence may be believed. */
export interface Monitor {
  tick(): void;
  silent(node: Served<Node>): boolean;
  /** False during the suspension after a wake, and while every node is silent. */
  mayEvict(): boolean;
}

export function createMonitor({ caches, clock }: Pick<ControllerContext, 'caches' | 'clock'>): Monitor {
  const heard = new Map<string, Heard>();
  let last: Tick = { wallMs: clock.now(), monotonicMs: clock.monotonic() };
  let suspendedUntilMs = 0;

  const listen = (node: Served<Node>): Heard => {
    const { name, uid } = node.metadata;
    const lease = caches.leases.lister.get({ namespace: LEASE_NAMESPACE, name });
    const sign = `${uid} ${signOf(node, lease?.spec?.renewTime)}`;
    const now = hear(heard.get(name), sign, clock.monotonic());
    heard.set(name, now);
    return now;
  };
  const silent = (node: Served<Node>): boolean => isSilent(node, listen(node), clock.monotonic());
  return {
    tick() {
      const now: Tick = { wallMs: clock.now(), monotonicMs: clock.monotonic() };
      if (sleptBetween(last, now)) {
        heard.clear();
        suspendedUntilMs = now.monotonicMs + WAKE_SUSPENSION_MS;
      }
      last = now;
      const nodes = caches.nodes.lister.list();
      const names = new Set(nodes.map(({ metadata }) => metadata.name));
      for (const name of heard.keys()) if (!names.has(name)) heard.delete(name);
      for (const node of nodes) listen(node);
    },
    silent,
    mayEvict() {
      if (clock.monotonic() < suspendedUntilMs) return false;
      const nodes = caches.nodes.lister.list();
      return nodes.some((node) => !silent(node));
    },
  };
}

async function reconcile(
  context: ControllerContext,
  monitor: Monitor,
  recorder: EventRecorder,
  name: string,
): Promise<ReconcileResult | undefined> {
  const { caches, client, clock } = context;
  const cached = caches.nodes.lister.get({ namespace: '', name });
  if (cached === undefined) return undefined;
  const now = rfc3339(clock.now());
  let node = cached;
  const conditions = monitor.silent(node) ? silentConditions(node, now) : undefined;
  if (conditions !== undefined) {
    const status = { ...node.status, conditions };
    node = await client.update(NODES, { ...node, status }, { subresource: 'status' });
    if (readyOf(cached)?.status === 'True') {
      recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    }
  }
  const taints = desiredTaints(node, monitor.mayEvict(), now);
  if (taintsDiffer(node, taints)) node = await client.update(NODES, { ...node, spec: { ...node.spec, taints } });
  if (isNotReady(node)) await markPodsNotReady(context, recorder, name, now);
  return undefined;
}

/** Its kubelet said so, or we did. A node that never posted anything is no reason to doubt a pod that says it is ready. */
function isNotReady(node: Node): boolean {
  const ready = readyOf(node);
  return ready !== undefined && ready.status !== 'True';
}

/** Endpoints must not lead to pods whose kubelet cannot say that they still run. */
async function markPodsNotReady(
  { caches, client }: ControllerContext,
  recorder: EventRecorder,
  nodeName: string,
  now: string,
): Promise<void> {
  for (const pod of caches.pods.lister.byIndex(BY_NODE, nodeName)) {
    if (!isPodReady(pod) || isPodFinished(pod)) continue;
    const conditions = withPodCondition(pod, { type: 'Ready', status: 'False', lastTransitionTime: now });
    const status = { ...pod.status, conditions };
    await unlessGone(client.update(PODS, { ...pod, status }, { subresource: 'status' }));
    recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}
