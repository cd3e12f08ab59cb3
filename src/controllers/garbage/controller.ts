// The garbage collector: deletes what has lost all its owners, makes owners wait for their dependents (foreground), and cuts
// dependents loose (orphan). The graph says what to look at; the server says what is true: nothing is deleted, and no
// finalizer removed, before a live look, and each write rests on the version looked at.
import type { KubeObject, OwnerReference, Served } from '../../api/index.ts';
import {
  type EventRecorder,
  nameOf,
  type ObjectKey,
  type ReconcileResult,
  type ResourceRef,
} from '../../client/index.ts';
import { resourceKey } from '../caches.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { DISCOVERY_PERIOD_MS, GARBAGE_RECHECK_MS, GARBAGE_WORKERS } from '../limits.ts';
import type { Discovered } from '../shared/catalog.ts';
import { unlessGone } from '../shared/claim.ts';
import { type AbsentOwners, createAbsentOwners } from './absent-owners.ts';
import {
  type Consequences,
  createOwnershipGraph,
  FOREGROUND,
  type GraphNode,
  isMeant,
  ORPHAN,
  type OwnershipGraph,
} from './graph.ts';
import { blockingDependents, type JudgedOwner, planGarbage } from './plan.ts';

/** The resources whose objects can own or be owned. Events come and go by themselves, and far too many of them. */
function collectable({ entries }: Discovered): readonly ResourceRef<KubeObject>[] {
  return entries
    .filter(({ verbs }) => ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb)))
    .map(({ ref }) => ref)
    .filter(({ plural }) => plural !== 'events');
}

interface Work {
  readonly context: ControllerContext;
  readonly graph: OwnershipGraph;
  readonly recorder: EventRecorder;
  readonly absent: AbsentOwners;
  follow(consequences: Consequences): void;
}

export function startGarbageCollector(context: ControllerContext): readonly Loop[] {
  const { allCaches, catalog, signal } = context;
  const queue = context.newQueue();
  const graph = createOwnershipGraph();
  const follow = ({ examine, orphan }: Consequences): void => {
    for (const uid of examine) queue.add(uid);
    for (const uid of orphan) queue.add(uid);
  };
  const followed = new Set<string>();
  catalog.subscribe((discovered) => {
    for (const ref of collectable(discovered)) {
      if (followed.has(resourceKey(ref))) continue;
      followed.add(resourceKey(ref));
      const observe = (object: Served<KubeObject>): void => follow(graph.observe(ref, object));
      const remove = (object: Served<KubeObject>): void => follow(graph.remove(object.metadata.uid));
      const updated = (object: Served<KubeObject>, old: Served<KubeObject>): void => {
        if (object.metadata.uid !== old.metadata.uid) remove(old);
        observe(object);
      };
      allCaches.of(ref).addHandlers({ added: observe, updated, deleted: remove }, signal);
    }
  }, signal);
  const recorder = context.recorder('garbage-collector-controller');
  const work: Work = { context, graph, recorder, absent: createAbsentOwners(), follow };
  return [{ name: 'garbage-collector', workers: GARBAGE_WORKERS, queue, reconcile: (uid) => reconcile(work, uid) }];
}

async function reconcile(work: Work, uid: ObjectKey): Promise<ReconcileResult | undefined> {
  const { context, graph, follow } = work;
  const node = graph.get(uid);
  if (node?.ref === undefined) return undefined;
  const live = await unlessGone(context.client.get(node.ref, node.identity));
  if (live?.metadata.uid !== uid) {
    follow(graph.remove(uid));
    return undefined;
  }
  const { finalizers = [], deletionTimestamp } = live.metadata;
  if (deletionTimestamp !== undefined) {
    if (finalizers.includes(ORPHAN)) return orphanDependents(work, node.ref, live);
    if (finalizers.includes(FOREGROUND)) return awaitDependents(work, node.ref, live);
    return undefined;
  }
  return collect(work, node.ref, live);
}

async function collect(
  work: Work,
  ref: ResourceRef<KubeObject>,
  live: Served<KubeObject>,
): Promise<ReconcileResult | undefined> {
  const { client } = work.context;
  const references = live.metadata.ownerReferences ?? [];
  const judged: JudgedOwner[] = [];
  let unknownKind = false;
  for (const reference of references) {
    const state = await judge(work, live, reference);
    if (state === 'unknown') unknownKind = true;
    judged.push({ reference, state: state === 'unknown' ? 'there' : state });
  }
  const plan = planGarbage(live, judged, work.graph.dependentsOf(live.metadata.uid));
  switch (plan.kind) {
    case 'keep':
      break;
    case 'forgetOwners':
      await patchMetadata(work, ref, live, { ownerReferences: references.filter(({ uid }) => !plan.uids.has(uid)) });
      break;
    case 'delete': {
      let latest = live;
      if (plan.unblock) {
        const freed = references.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
        latest = (await patchMetadata(work, ref, live, { ownerReferences: freed })) ?? live;
      }
      const { uid, resourceVersion } = latest.metadata;
      const { propagation: propagationPolicy } = plan;
      await unlessGone(client.delete(ref, nameOf(live), { uid, resourceVersion, propagationPolicy }));
    }
  }
  // A kind that is not served may be served later; until then its objects count as being there.
  return unknownKind ? { requeueAfterMs: DISCOVERY_PERIOD_MS } : undefined;
}

async function judge(
  { context, graph, recorder, absent }: Work,
  object: Served<KubeObject>,
  reference: OwnerReference,
): Promise<JudgedOwner['state'] | 'unknown'> {
  const ref = context.catalog.refOf(reference.apiVersion, reference.kind);
  if (ref === undefined) return 'unknown';
  const own = nameOf(object).namespace;
  if (ref.namespaced && own === '') {
    const message = `ownerRef ${reference.kind}/${reference.name} of a cluster-scoped object names a namespaced kind`;
    recorder.event(object, 'Warning', 'OwnerRefInvalidNamespace', message);
    return 'there';
  }
  const namespace = ref.namespaced ? own : '';
  const known = graph.get(reference.uid);
  // The cache may be late in telling that it went; then that event brings us back here.
  if (known?.ref !== undefined && !known.terminating && isMeant(known.identity, reference, own)) return 'there';
  if (absent.has(namespace, reference)) return 'absent';
  const live = await unlessGone(context.client.get(ref, { namespace, name: reference.name }));
  if (live?.metadata.uid !== reference.uid) {
    absent.add(namespace, reference);
    return 'absent';
  }
  const { deletionTimestamp, finalizers = [] } = live.metadata;
  return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND) ? 'waiting' : 'there';
}

/** Foreground deletion: lets the owner go when no dependent blocks it any more. */
async function awaitDependents(
  work: Work,
  ref: ResourceRef<KubeObject>,
  live: Served<KubeObject>,
): Promise<ReconcileResult | undefined> {
  const { uid } = live.metadata;
  const dependents = work.graph.dependentsOf(uid);
  const blocking = blockingDependents(uid, dependents);
  if (blocking.length > 0) {
    work.follow({ examine: new Set(dependents.map(({ identity }) => identity.uid)), orphan: new Set() });
    return { requeueAfterMs: GARBAGE_RECHECK_MS };
  }
  // "No dependents" is true only of a complete graph.
  if (!isComplete(work)) return { requeueAfterMs: GARBAGE_RECHECK_MS };
  await removeFinalizer(work, ref, live, FOREGROUND);
  return undefined;
}

async function orphanDependents(
  work: Work,
  ref: ResourceRef<KubeObject>,
  live: Served<KubeObject>,
): Promise<ReconcileResult | undefined> {
  if (!isComplete(work)) return { requeueAfterMs: GARBAGE_RECHECK_MS };
  const { uid } = live.metadata;
  await Promise.all(work.graph.dependentsOf(uid).map((dependent) => cutLoose(work, dependent, uid)));
  await removeFinalizer(work, ref, live, ORPHAN);
  return undefined;
}

async function cutLoose(work: Work, { ref, identity }: GraphNode, owner: string): Promise<void> {
  if (ref === undefined) return;
  const live = await unlessGone(work.context.client.get(ref, identity));
  const references = live?.metadata.ownerReferences ?? [];
  if (live === undefined || !references.some(({ uid }) => uid === owner)) return;
  await patchMetadata(work, ref, live, { ownerReferences: references.filter(({ uid }) => uid !== owner) });
}

function isComplete({ context: { allCaches, catalog } }: Work): boolean {
  return collectable(catalog.current()).every((ref) => allCaches.of(ref).synced());
}

async function removeFinalizer(
  work: Work,
  ref: ResourceRef<KubeObject>,
  live: Served<KubeObject>,
  finalizer: string,
): Promise<void> {
  const finalizers = (live.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  await patchMetadata(work, ref, live, { finalizers });
}

/** Changes metadata alone: of many kinds we know nothing else. The version and uid looked at are part of the patch. */
function patchMetadata(
  { context: { client } }: Work,
  ref: ResourceRef<KubeObject>,
  live: Served<KubeObject>,
  change: { ownerReferences?: readonly OwnerReference[]; finalizers?: readonly string[] },
): Promise<Served<KubeObject> | undefined> {
  const { uid, resourceVersion } = live.metadata;
  return unlessGone(client.patch(ref, nameOf(live), 'merge', { metadata: { uid, resourceVersion, ...change } }));
}
