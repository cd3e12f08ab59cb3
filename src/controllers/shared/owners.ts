// Owner references, and the rules by which a controller claims, adopts and releases objects that its selector matches.
import type { KubeObject, OwnerReference, Served } from '../../api/index.ts';

/** The reference of the object's managing controller, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}

/** Whether `owner` is the managing controller of `object`. */
export function isControlledBy(object: KubeObject, owner: Served<KubeObject>): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** The reference with which a controller marks what it makes. */
export function controllerReference(owner: Served<KubeObject>, apiVersion: string, kind: string): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** What to do about an object: it is ours already, can be made ours, must be let go, or is none of our business. */
export type Claim = 'keep' | 'adopt' | 'release' | 'ignore';

/** Decides by the rules of client-go's controller reference manager. `matches`: the owner's selector matches the object. */
export function claimOf(owner: Served<KubeObject>, object: KubeObject, matches: boolean): Claim {
  const controller = controllerOf(object);
  if (controller !== undefined) {
    if (controller.uid !== owner.metadata.uid) return 'ignore';
    if (matches) return 'keep';
    return owner.metadata.deletionTimestamp === undefined ? 'release' : 'ignore';
  }
  const goes = owner.metadata.deletionTimestamp !== undefined || object.metadata?.deletionTimestamp !== undefined;
  return matches && !goes ? 'adopt' : 'ignore';
}

/** The object with `reference` added to its owners. */
export function withOwner<T extends KubeObject>(object: Served<T>, reference: OwnerReference): Served<T> {
  const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== reference.uid);
  return { ...object, metadata: { ...object.metadata, ownerReferences: [...others, reference] } };
}

/** The object without the owners whose uids are given. */
export function withoutOwners<T extends KubeObject>(object: Served<T>, uids: ReadonlySet<string>): Served<T> {
  const ownerReferences = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.has(uid));
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}
