// The graph of ownership across all resources: which objects exist, who owns whom. Built from watch events alone; objects that
// are only named as owners are in it as `assumed` until a look at the server settles whether they exist.
import type { KubeObject, OwnerReference, Served } from '../../api/index.ts';
import type { ResourceRef } from '../../client/index.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** How an object is found, and known again. */
export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface GraphNode {
  readonly identity: Identity;
  /** Known from an event; undefined while the object is only assumed from a reference. */
  readonly ref: ResourceRef<KubeObject> | undefined;
  readonly owners: readonly OwnerReference[];
  /** Waits for its dependents to be deleted first. */
  readonly foreground: boolean;
  readonly terminating: boolean;
  readonly dependents: Set<string>;
}

/** What an event means for others: keys (uids) to look at. */
export interface Consequences {
  /** Objects whose owners may have gone, or that wait for something that happened. */
  readonly examine: ReadonlySet<string>;
  /** Objects that ask for their dependents to be orphaned. */
  readonly orphan: ReadonlySet<string>;
}

export interface OwnershipGraph {
  get(uid: string): GraphNode | undefined;
  /** The objects that name `uid` as an owner. */
  dependentsOf(uid: string): readonly GraphNode[];
  /** An object was added or changed. */
  observe(ref: ResourceRef<KubeObject>, object: Served<KubeObject>): Consequences;
  /** An object is gone: seen by a watch, or found out by looking. */
  remove(uid: string): Consequences;
  readonly size: number;
}

export function createOwnershipGraph(): OwnershipGraph {
  const nodes = new Map<string, GraphNode>();

  const link = (dependent: string, namespace: string, owners: readonly OwnerReference[]): string[] => {
    const assumed: string[] = [];
    for (const { uid, apiVersion, kind, name } of owners) {
      let owner = nodes.get(uid);
      if (owner === undefined) {
        const identity = { apiVersion, kind, namespace, name, uid };
        owner = { identity, ref: undefined, owners: [], foreground: false, terminating: false, dependents: new Set() };
        nodes.set(uid, owner);
      }
      if (owner.ref === undefined || !isMeant(owner.identity, { uid, apiVersion, kind, name }, namespace))
        assumed.push(uid);
      owner.dependents.add(dependent);
    }
    return assumed;
  };
  const unlink = (dependent: string, owners: readonly OwnerReference[]): void => {
    for (const { uid } of owners) {
      const owner = nodes.get(uid);
      owner?.dependents.delete(dependent);
      if (owner?.ref === undefined && owner?.dependents.size === 0) nodes.delete(uid);
    }
  };

  return {
    get: (uid) => nodes.get(uid),
    dependentsOf: (uid) => [...(nodes.get(uid)?.dependents ?? [])].flatMap((each) => nodes.get(each) ?? []),
    observe(ref, object) {
      const before = nodes.get(object.metadata.uid);
      const node = nodeOf(ref, object, before?.dependents ?? new Set());
      const { uid } = node.identity;
      unlink(uid, before?.owners ?? []);
      nodes.set(uid, node);
      const assumed = link(uid, node.identity.namespace, node.owners);
      const examine = new Set<string>();
      // Its owners are not known (yet): whether they exist is for a look at the server to say.
      if (assumed.length > 0) examine.add(uid);
      if (node.foreground) for (const dependent of [uid, ...node.dependents]) examine.add(dependent);
      // A reference that went, or stopped blocking, may free an owner that waits.
      for (const owner of [...(before?.owners ?? []), ...node.owners]) {
        if (nodes.get(owner.uid)?.foreground === true) {
          examine.add(owner.uid);
          examine.add(uid);
        }
      }
      if (before?.ref !== undefined && before.owners.length !== node.owners.length) examine.add(uid);
      const asksToOrphan = node.terminating && (object.metadata.finalizers ?? []).includes(ORPHAN);
      return { examine, orphan: new Set(asksToOrphan ? [uid] : []) };
    },
    remove(uid) {
      const node = nodes.get(uid);
      if (node === undefined) return { examine: new Set(), orphan: new Set() };
      unlink(uid, node.owners);
      if (node.dependents.size === 0) nodes.delete(uid);
      else nodes.set(uid, { ...node, ref: undefined, owners: [], foreground: false, terminating: false });
      const waiting = node.owners.map((owner) => owner.uid).filter((owner) => nodes.get(owner)?.foreground === true);
      return { examine: new Set([...node.dependents, ...waiting]), orphan: new Set() };
    },
    get size() {
      return nodes.size;
    },
  };
}

/**
 * Whether a known object is the one that a reference means: a reference without a namespace means its holder's own, so an
 * owner in another namespace is none, whatever its uid.
 */
export function isMeant(owner: Identity, reference: OwnerReference, namespace: string): boolean {
  const group = (apiVersion: string): string => apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));
  return (
    owner.kind === reference.kind &&
    owner.name === reference.name &&
    group(owner.apiVersion) === group(reference.apiVersion) &&
    (owner.namespace === '' || owner.namespace === namespace)
  );
}

function nodeOf(ref: ResourceRef<KubeObject>, object: Served<KubeObject>, dependents: Set<string>): GraphNode {
  const { namespace = '', name, uid, ownerReferences, deletionTimestamp, finalizers } = object.metadata;
  const apiVersion = ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
  const terminating = deletionTimestamp !== undefined;
  return {
    identity: { apiVersion, kind: ref.kind, namespace, name, uid },
    ref,
    owners: ownerReferences ?? [],
    foreground: terminating && (finalizers ?? []).includes(FOREGROUND),
    terminating,
    dependents,
  };
}
