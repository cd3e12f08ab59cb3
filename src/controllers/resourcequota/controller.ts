// The quota controller: says in a quota's status what is enforced and what is used. Admission charges what comes; this
// controller gives back what goes, by counting anew.
//
// It never counts too little, whatever is created meanwhile:
// 1. the quota is read first, then the objects, both from the servers as they are now, and none from a cache;
// 2. an object created in between has charged the quota in the same command: the write then meets another version, and
//    everything is counted again;
// 3. what was under way when a limit began to be enforced was not charged: it is counted a moment later.
import {
  type Amounts,
  equalJson,
  type KubeObject,
  type Quantity,
  type ResourceQuota,
  type Served,
  type ToCount,
  toCount,
  usedByNumber,
  usedByObjects,
} from '../../api/index.ts';
import {
  isConflict,
  keyOf,
  nameOfKey,
  type ObjectKey,
  RESOURCE_QUOTAS,
  type ReconcileResult,
  type ResourceRef,
} from '../../client/index.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS, QUOTA_GATHER_MS, QUOTA_RECHECK_MS, QUOTA_RESTORE_MS, QUOTA_RESYNC_MS } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import { countAll, readAll } from '../shared/read-all.ts';
import { countsOtherwise, planQuotaStatus, startsEnforcing } from './plan.ts';

type Queue = Loop['queue'];

export function startResourceQuotaController(context: ControllerContext): readonly Loop[] {
  const { caches, catalog, signal } = context;
  const queue = context.newQueue();
  const follow = createFollowing(context, queue);
  caches.resourceQuotas.addHandlers(
    {
      added(quota) {
        follow(quota);
        queue.add(keyOf(quota));
      },
      updated(quota, old) {
        follow(quota);
        // Admission and this controller write the status all the time: that alone is no reason to count.
        if (!equalJson(quota.spec, old.spec)) queue.add(keyOf(quota));
        else if (startsEnforcing(quota)) queue.addAfter(keyOf(quota), QUOTA_RESTORE_MS);
      },
    },
    signal,
  );
  // A quota may limit what is not served yet.
  catalog.subscribe(() => {
    for (const quota of caches.resourceQuotas.lister.list()) follow(quota);
  }, signal);
  return [{ name: 'resourcequota', workers: CONTROLLER_WORKERS, queue, reconcile: (key) => reconcile(context, key) }];
}

/** Follows the objects of every resource that some quota limits, from the first such quota on. */
function createFollowing(context: ControllerContext, queue: Queue): (quota: ResourceQuota) => void {
  const { allCaches, signal } = context;
  const followed = new Set<string>();
  return (quota) => {
    for (const { resource, needs } of toCount(quota)) {
      const key = `${resource.group}/${resource.plural}`;
      const ref = refOf(context, { resource });
      if (ref === undefined || followed.has(key)) continue;
      followed.add(key);
      const look = (before: KubeObject, after?: KubeObject): void => recount(context, queue, key, before, after);
      const deleted = (object: Served<KubeObject>): void => look(object);
      const updated = (object: Served<KubeObject>, old: Served<KubeObject>): void => {
        if (object.metadata.uid !== old.metadata.uid) look(old);
        else if (needs === 'objects') look(old, object);
      };
      allCaches.of(ref).addHandlers({ deleted, updated }, signal);
    }
  };
}

/** Has the quotas counted for which it matters that an object changed, or went. */
function recount(
  { caches, clock }: ControllerContext,
  queue: Queue,
  resource: string,
  before: KubeObject,
  after: KubeObject | undefined,
): void {
  for (const quota of caches.resourceQuotas.lister.list(before.metadata?.namespace ?? '')) {
    const concerned = toCount(quota).filter((each) => `${each.resource.group}/${each.resource.plural}` === resource);
    if (concerned.some((each) => countsOtherwise(quota, each, before, after, clock.now())))
      queue.addAfter(keyOf(quota), QUOTA_GATHER_MS);
  }
}

async function reconcile(context: ControllerContext, key: ObjectKey): Promise<ReconcileResult | undefined> {
  const { client } = context;
  const quota = await unlessGone(client.get(RESOURCE_QUOTAS, nameOfKey(key)));
  if (quota === undefined) return undefined;
  const counted = new Map<string, Quantity>();
  for (const each of toCount(quota)) {
    const amounts = await count(context, quota, each);
    for (const [name, quantity] of amounts ?? []) counted.set(name, quantity);
  }
  const status = planQuotaStatus(quota, counted);
  if (status === undefined) return { requeueAfterMs: QUOTA_RESYNC_MS };
  try {
    await unlessGone(client.update(RESOURCE_QUOTAS, { ...quota, status }, { subresource: 'status' }));
  } catch (error) {
    if (!isConflict(error)) throw error;
    return { requeueAfterMs: QUOTA_GATHER_MS };
  }
  return { requeueAfterMs: startsEnforcing(quota) ? QUOTA_RECHECK_MS : QUOTA_RESYNC_MS };
}

/** Undefined for what is not served. */
async function count(
  context: ControllerContext,
  quota: Served<ResourceQuota>,
  toCountHere: ToCount,
): Promise<Amounts | undefined> {
  const { client, clock } = context;
  const namespace = quota.metadata.namespace ?? '';
  const ref = refOf(context, toCountHere);
  if (ref === undefined) return undefined;
  switch (toCountHere.needs) {
    case 'objects':
      return usedByObjects(quota, toCountHere, await readAll(client, ref, namespace), clock.now());
    case 'number':
      return usedByNumber(toCountHere, await countAll(client, ref, namespace));
    case 'nothing':
      return usedByNumber(toCountHere, 0);
  }
}

function refOf(
  { catalog }: ControllerContext,
  { resource }: Pick<ToCount, 'resource'>,
): ResourceRef<KubeObject> | undefined {
  const { group, plural } = resource;
  const entry = catalog.current().entries.find(({ ref }) => ref.group === group && ref.plural === plural);
  const countable = entry?.ref.namespaced === true && ['list', 'watch'].every((verb) => entry.verbs.includes(verb));
  return countable ? entry.ref : undefined;
}
