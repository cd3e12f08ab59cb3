// How many pods the controllers of some pods want: by their owners for the kinds in the caches, by the scale subresource for
// any other. Pods that nobody controls are told apart: no scale speaks for them.
import type { KubeObject, OwnerReference, Pod, Scale, Served } from '../../api/index.ts';
import { isNotFound, type ResourceRef } from '../../client/index.ts';
import type { ControllerContext } from '../context.ts';
import { controllerOf } from '../shared/owners.ts';

export interface ExpectedScale {
  readonly scale: number;
  /** Names of pods without a controller. */
  readonly unmanaged: readonly string[];
}

/** Throws when the scale of a pod's controller cannot be told. */
export async function expectedScale(
  context: ControllerContext,
  namespace: string,
  pods: readonly Served<Pod>[],
): Promise<ExpectedScale> {
  const byController = new Map<string, number>();
  const seen = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const reference = controllerOf(pod);
    if (reference === undefined) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (seen.has(reference.uid)) continue;
    seen.add(reference.uid);
    const found = scaleInCaches(context, namespace, reference) ?? (await scaleOfOther(context, namespace, reference));
    if (found === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    byController.set(found.uid, found.replicas);
  }
  return { scale: [...byController.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged };
}

interface ControllerScale {
  /** Of what decides: a ReplicaSet's Deployment where it has one. */
  readonly uid: string;
  readonly replicas: number;
}

function scaleInCaches(
  { caches }: ControllerContext,
  namespace: string,
  reference: OwnerReference,
): ControllerScale | undefined {
  const { name, uid } = reference;
  const group = reference.apiVersion.split('/')[0];
  if (reference.kind === 'ReplicationController' && reference.apiVersion === 'v1') {
    const found = caches.replicationControllers.lister.get({ namespace, name });
    return found?.metadata.uid === uid ? { uid, replicas: found.spec?.replicas ?? 1 } : undefined;
  }
  if (reference.kind !== 'ReplicaSet' || group !== 'apps') return undefined;
  const set = caches.replicaSets.lister.get({ namespace, name });
  if (set?.metadata.uid !== uid) return undefined;
  const owner = controllerOf(set);
  if (owner?.kind !== 'Deployment') return { uid, replicas: set.spec?.replicas ?? 1 };
  const deployment = caches.deployments.lister.get({ namespace, name: owner.name });
  if (deployment?.metadata.uid !== owner.uid) return undefined;
  return { uid: owner.uid, replicas: deployment.spec?.replicas ?? 1 };
}

async function scaleOfOther(
  { client, catalog }: ControllerContext,
  namespace: string,
  { apiVersion, kind, name, uid }: OwnerReference,
): Promise<ControllerScale | undefined> {
  if (kind === 'ReplicaSet' || kind === 'ReplicationController') return undefined;
  const ref = catalog.refOf(apiVersion, kind);
  if (ref === undefined) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
  try {
    const scale = await client.get(ref as ResourceRef<Scale>, { namespace, name }, { subresource: 'scale' });
    return scale.metadata.uid === uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (await isThere(client.get(ref, { namespace, name }))) {
      const resource = ref.group === '' ? ref.plural : `${ref.plural}.${ref.group}`;
      throw new Error(`${resource} does not implement the scale subresource`);
    }
    return undefined;
  }
}

async function isThere(request: Promise<Served<KubeObject>>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
