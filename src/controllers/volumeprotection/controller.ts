// Takes the protection off claims and volumes that are deleted and not in use, so that their deletions complete. That nobody
// uses a claim is asked of the server itself: a pod that the cache has not seen yet would lose its data.
import type { KubeObject, Pod, Served } from '../../api/index.ts';
import {
  type ApiClient,
  keyOf,
  keyOfName,
  nameOfKey,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  type ResourceRef,
} from '../../client/index.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import {
  CLAIM_FINALIZER,
  claimsOf,
  type Protection,
  planClaim,
  planVolume,
  protectedBy,
  VOLUME_FINALIZER,
} from './plan.ts';

export function startVolumeProtectionController(context: ControllerContext): readonly Loop[] {
  const { caches, signal } = context;
  const claims = context.newQueue();
  const volumes = context.newQueue();
  const enqueueClaim = (claim: KubeObject): void => claims.add(keyOf(claim));
  const enqueueVolume = (volume: KubeObject): void => volumes.add(keyOf(volume));
  const freed = (pod: Served<Pod>): void => {
    const namespace = pod.metadata.namespace ?? '';
    for (const name of claimsOf(pod)) claims.add(keyOfName({ namespace, name }));
  };
  caches.persistentVolumeClaims.addHandlers({ added: enqueueClaim, updated: enqueueClaim }, signal);
  caches.persistentVolumes.addHandlers({ added: enqueueVolume, updated: enqueueVolume }, signal);
  const shutDown = (pod: Served<Pod>): void => {
    if (pod.metadata.deletionTimestamp !== undefined) freed(pod);
  };
  caches.pods.addHandlers({ updated: shutDown, deleted: freed }, signal);
  return [
    {
      name: 'persistentvolumeclaim-protection',
      workers: CONTROLLER_WORKERS,
      queue: claims,
      reconcile: (key) => reconcileClaim(context, key),
    },
    {
      name: 'persistentvolume-protection',
      workers: CONTROLLER_WORKERS,
      queue: volumes,
      reconcile: (key) => reconcileVolume(context, key),
    },
  ];
}

async function reconcileClaim({ client, caches }: ControllerContext, key: string): Promise<undefined> {
  const { namespace, name } = nameOfKey(key);
  const claim = caches.persistentVolumeClaims.lister.get({ namespace, name });
  if (claim === undefined) return;
  let protection = planClaim(claim, () => caches.pods.lister.list(namespace));
  if (protection === 'remove') {
    const { items } = await client.list(PODS, { namespace });
    protection = planClaim(claim, () => items);
  }
  await protect(client, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_FINALIZER, protection);
}

async function reconcileVolume({ client, caches }: ControllerContext, key: string): Promise<undefined> {
  const volume = caches.persistentVolumes.lister.get(nameOfKey(key));
  if (volume === undefined) return;
  await protect(client, PERSISTENT_VOLUMES, volume, VOLUME_FINALIZER, planVolume(volume));
}

/** On the version that was decided on: one that moved meanwhile is looked at again. */
async function protect<T extends KubeObject>(
  client: ApiClient,
  ref: ResourceRef<T>,
  object: Served<T>,
  finalizer: string,
  protection: Protection,
): Promise<void> {
  if (protection === 'keep') return;
  const metadata = { ...object.metadata, finalizers: protectedBy(object.metadata, finalizer, protection) };
  await unlessGone(client.update(ref, { ...object, metadata }));
}
