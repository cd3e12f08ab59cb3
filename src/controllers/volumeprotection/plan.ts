// Whether a claim or a volume may go. A claim that is deleted waits for the pods that use it, a volume for the claim it is
// bound to; one that is not deleted has its finalizer, whoever took it off. Pure.
import type { ObjectMeta, PersistentVolume, PersistentVolumeClaim, Pod, Served } from '../../api/index.ts';

export const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
export const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';

export type Protection = 'add' | 'keep' | 'remove';

/** `pods` answers those of the claim's namespace; it is asked only about a claim that is deleted. */
export function planClaim(claim: Served<PersistentVolumeClaim>, pods: () => readonly Served<Pod>[]): Protection {
  return plan(claim.metadata, CLAIM_FINALIZER, () => pods().some((pod) => uses(pod, claim)));
}

export function planVolume(volume: Served<PersistentVolume>): Protection {
  return plan(volume.metadata, VOLUME_FINALIZER, () => volume.status?.phase === 'Bound');
}

function plan({ deletionTimestamp, finalizers = [] }: ObjectMeta, finalizer: string, inUse: () => boolean): Protection {
  const held = finalizers.includes(finalizer);
  if (deletionTimestamp === undefined) return held ? 'keep' : 'add';
  return held && !inUse() ? 'remove' : 'keep';
}

/** No kubelet starts an unscheduled pod once the claim is deleted; a scheduled one uses it until the pod is gone. */
function uses(pod: Served<Pod>, claim: Served<PersistentVolumeClaim>): boolean {
  const { name, namespace, ownerReferences = [] } = claim.metadata;
  if (!pod.spec?.nodeName || pod.metadata.namespace !== namespace) return false;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (volume.persistentVolumeClaim?.claimName === name) return true;
    // The claim of an ephemeral volume is the pod's own, and goes with it.
    const own = ownerReferences.some(({ uid, controller }) => controller === true && uid === pod.metadata.uid);
    return volume.ephemeral !== undefined && ephemeralClaim(pod, volume.name) === name && own && !isShutDown(pod);
  });
}

/** The kubelet is done with it: only finalizers keep it. */
function isShutDown({ metadata }: Served<Pod>): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
}

function ephemeralClaim(pod: Served<Pod>, volume: string): string {
  return `${pod.metadata.name}-${volume}`;
}

/** The names of the claims that a pod's volumes mention, in its namespace. */
export function claimsOf(pod: Served<Pod>): readonly string[] {
  return (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [ephemeralClaim(pod, name)];
  });
}

/** The finalizers after the change. */
export function protectedBy(
  { finalizers = [] }: ObjectMeta,
  finalizer: string,
  protection: Exclude<Protection, 'keep'>,
): string[] {
  const others = finalizers.filter((each) => each !== finalizer);
  return protection === 'add' ? [...others, finalizer] : others;
}
