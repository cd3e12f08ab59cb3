// What happens to an object, given the truth about its owners. Pure; the rules are those of Kubernetes' garbage collector:
// absent owners alone mean deletion, a living one keeps the object, one that waits in the foreground takes it along.
import type { KubeObject, OwnerReference, Served } from '../../api/index.ts';
import { FOREGROUND, type GraphNode, ORPHAN } from './graph.ts';

/** A reference with what the server said about its owner. */
export interface JudgedOwner {
  readonly reference: OwnerReference;
  /** absent: no object of that uid; waiting: in foreground deletion; there: alive, or going on its own account. */
  readonly state: 'there' | 'absent' | 'waiting';
}

export type Propagation = 'Orphan' | 'Background' | 'Foreground';

export type GarbagePlan =
  | { readonly kind: 'keep' }
  /** Some owners are gone and another is there: forget the former. */
  | { readonly kind: 'forgetOwners'; readonly uids: ReadonlySet<string> }
  /** unblock: no reference of it may hold an owner back any more; it breaks a circle of objects that wait for each other. */
  | { readonly kind: 'delete'; readonly propagation: Propagation; readonly unblock: boolean };

/** `dependents` are those of `object`. */
export function planGarbage(
  object: Served<KubeObject>,
  owners: readonly JudgedOwner[],
  dependents: readonly GraphNode[],
): GarbagePlan {
  if (owners.length === 0 || object.metadata.deletionTimestamp !== undefined) return { kind: 'keep' };
  const gone = owners.filter(({ state }) => state !== 'there').map(({ reference }) => reference.uid);
  if (gone.length < owners.length) {
    return gone.length === 0 ? { kind: 'keep' } : { kind: 'forgetOwners', uids: new Set(gone) };
  }
  const waiting = owners.some(({ state }) => state === 'waiting');
  if (waiting && dependents.length > 0) {
    // Its own dependents go first, then it, then its owner.
    const unblock = dependents.some(({ foreground }) => foreground);
    return { kind: 'delete', propagation: 'Foreground', unblock };
  }
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return { kind: 'delete', propagation: 'Orphan', unblock: false };
  const propagation = finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
  return { kind: 'delete', propagation, unblock: false };
}

/** The dependents that an object in foreground deletion still waits for. */
export function blockingDependents(uid: string, dependents: readonly GraphNode[]): readonly GraphNode[] {
  return dependents.filter(({ owners }) =>
    owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
  );
}
