// The state behind fake API servers: objects, one revision per write, history for watches, fences. It knows no schema,
// admission or defaults; it keeps the promises of the wire that the client room rests on.
import { randomUUID } from 'node:crypto';
import type { KubeObject, Served, Status } from '../../../src/api/index.ts';
import { ApiStatusError, type WatchEvent } from '../../../src/client/index.ts';

/** `plural.group` and what is in it. */
export interface Scope {
  readonly resource: string;
  readonly namespace: string;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly object: Served<KubeObject>;
  readonly previous: Served<KubeObject> | undefined;
}

export interface FakeCluster {
  readonly revision: number;
  /** Every request that reached the state: `METHOD resource/namespace/name`. */
  readonly requests: string[];
  get(resource: string, namespace: string, name: string): Served<KubeObject>;
  list(scope: Scope): Served<KubeObject>[];
  create(resource: string, object: KubeObject, fence?: string): Served<KubeObject>;
  update(resource: string, object: KubeObject, fence?: string): Served<KubeObject>;
  patch(resource: string, namespace: string, name: string, patch: unknown, fence?: string): Served<KubeObject>;
  remove(resource: string, namespace: string, name: string, uid?: string, fence?: string): Served<KubeObject>;
  bind(namespace: string, name: string, node: string, fence?: string): void;
  fenceOf(lease: string): string | undefined;
  /** Calls back with each event after `revision`; throws Expired when it was compacted. Answers the way to stop. */
  follow(scope: Scope, revision: number, tell: (event: WatchEvent<KubeObject>) => void): () => void;
  /** The events of a streaming list of now, the bookmark included. */
  initialEvents(scope: Scope): WatchEvent<KubeObject>[];
  /** Forgets the history up to now. */
  compact(): void;
}

export function fakeCluster(nowText = '2026-01-01T00:00:00Z'): FakeCluster {
  const objects = new Map<string, Map<string, Served<KubeObject>>>();
  const fences = new Map<string, string>();
  const requests: string[] = [];
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let revision = 100;
  let compacted = 0;
  let generated = 0;

  const within = (resource: string): Map<string, Served<KubeObject>> => {
    const found = objects.get(resource) ?? new Map<string, Served<KubeObject>>();
    objects.set(resource, found);
    return found;
  };
  const find = (resource: string, namespace: string, name: string): Served<KubeObject> => {
    const object = within(resource).get(`${namespace}/${name}`);
    if (object === undefined) throw new ApiStatusError(404, 'NotFound', `${resource} "${name}" not found`);
    return object;
  };
  const check = (fence: string | undefined): void => {
    if (fence === undefined) return;
    const [lease = '', token] = fence.split('=');
    if (fences.get(lease) !== token) throw new ApiStatusError(409, 'Conflict', `the fence of ${lease} was raised`);
  };
  const publish = (change: Change): void => {
    history.push(change);
    for (const listener of [...listeners]) listener(change);
  };
  const put = (resource: string, object: KubeObject, previous: Served<KubeObject> | undefined): Served<KubeObject> => {
    revision += 1;
    const metadata = {
      ...object.metadata,
      name: object.metadata?.name ?? '',
      uid: previous?.metadata.uid ?? randomUUID(),
      creationTimestamp: previous?.metadata.creationTimestamp ?? nowText,
      resourceVersion: String(revision),
    };
    const served = { ...object, metadata } as Served<KubeObject>;
    if (resource === 'leases.coordination.k8s.io' && holderOf(previous) !== holderOf(served)) {
      fences.set(`${metadata.namespace}/${metadata.name}`, String(revision));
    }
    within(resource).set(`${metadata.namespace ?? ''}/${metadata.name}`, served);
    publish({ revision, type: previous === undefined ? 'ADDED' : 'MODIFIED', resource, object: served, previous });
    return served;
  };

  return {
    requests,
    get revision() {
      return revision;
    },
    get: find,
    list: (scope) => [...within(scope.resource).values()].filter((object) => selects(scope, object)),
    create(resource, object, fence) {
      check(fence);
      const name = object.metadata?.name ?? `${object.metadata?.generateName}${(generated++).toString(36)}`;
      if (within(resource).has(`${object.metadata?.namespace ?? ''}/${name}`)) {
        throw new ApiStatusError(409, 'AlreadyExists', `${resource} "${name}" already exists`);
      }
      return put(resource, { ...object, metadata: { ...object.metadata, name } }, undefined);
    },
    update(resource, object, fence) {
      check(fence);
      const previous = find(resource, object.metadata?.namespace ?? '', object.metadata?.name ?? '');
      const expected = object.metadata?.resourceVersion;
      if (expected !== undefined && expected !== previous.metadata.resourceVersion) {
        throw new ApiStatusError(409, 'Conflict', 'the object has been modified');
      }
      return put(resource, object, previous);
    },
    patch(resource, namespace, name, patch, fence) {
      check(fence);
      const previous = find(resource, namespace, name);
      return put(resource, merge(previous, patch) as KubeObject, previous);
    },
    remove(resource, namespace, name, uid, fence) {
      check(fence);
      const previous = find(resource, namespace, name);
      if (uid !== undefined && uid !== previous.metadata.uid) throw new ApiStatusError(409, 'Conflict', 'another uid');
      within(resource).delete(`${namespace}/${name}`);
      revision += 1;
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
      publish({ revision, type: 'DELETED', resource, object, previous });
      return object;
    },
    bind(namespace, name, node, fence) {
      check(fence);
      const pod = find('pods', namespace, name) as Served<KubeObject> & { spec?: { nodeName?: string } };
      if (pod.spec?.nodeName) throw new ApiStatusError(409, 'Conflict', `pod ${name} is already assigned to node`);
      put('pods', merge(pod, { spec: { nodeName: node } }) as KubeObject, pod);
    },
    fenceOf: (lease) => fences.get(lease),
    follow(scope, from, tell) {
      if (from < compacted)
        throw new ApiStatusError(410, 'Expired', `too old resource version: ${from} (${compacted})`);
      const listener = (change: Change): void => {
        const event = change.revision > from ? seenBy(scope, change) : undefined;
        if (event !== undefined) tell(event);
      };
      for (const change of history) listener(change);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    initialEvents(scope) {
      const found = [...within(scope.resource).values()].filter((object) => selects(scope, object));
      const metadata = {
        name: '',
        uid: '',
        creationTimestamp: '',
        resourceVersion: String(revision),
        annotations: { 'k8s.io/initial-events-end': 'true' },
      };
      return [
        ...found.map((object) => ({ type: 'ADDED' as const, object })),
        { type: 'BOOKMARK' as const, object: { metadata } as Served<KubeObject> },
      ];
    },
    compact() {
      compacted = revision;
      history = [];
    },
  };
}

/** The Status an API server words for an error. */
export function statusOf(error: unknown): Status {
  const known = error instanceof ApiStatusError ? error : new ApiStatusError(500, 'InternalError', String(error));
  const { code, reason, message } = known;
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
}

function seenBy(scope: Scope, change: Change): WatchEvent<KubeObject> | undefined {
  if (change.resource !== scope.resource) return undefined;
  const before = change.previous !== undefined && selects(scope, change.previous);
  const after = change.type !== 'DELETED' && selects(scope, change.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object };
  return before ? { type: 'DELETED', object: change.object } : undefined;
}

/** Equality selectors only; fields by their path. */
function selects(scope: Scope, object: Served<KubeObject>): boolean {
  if (scope.namespace !== '' && object.metadata.namespace !== scope.namespace) return false;
  const wants = (selector: string | undefined, value: (name: string) => unknown): boolean =>
    (selector ?? '')
      .split(',')
      .filter((part) => part !== '')
      .every((part) => {
        const [name = '', wanted = ''] = part.split(/!?=/);
        return ((value(name) ?? '') === wanted) !== part.includes('!=');
      });
  const field = (path: string): unknown =>
    path.split('.').reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], object);
  return wants(scope.labelSelector, (name) => object.metadata.labels?.[name]) && wants(scope.fieldSelector, field);
}

function holderOf(object: KubeObject | undefined): string {
  return (object as { spec?: { holderIdentity?: string } } | undefined)?.spec?.holderIdentity ?? '';
}

/** RFC 7386; conditions are merged by type, as a strategic merge patch does. */
export function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(isRecord(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (key === 'conditions' && Array.isArray(value)) result[key] = mergeConditions(result[key], value);
    else result[key] = merge(result[key], value);
  }
  return result;
}

function mergeConditions(old: unknown, changed: readonly { type?: string }[]): unknown[] {
  const kept = Array.isArray(old) ? (old as { type?: string }[]) : [];
  return [...kept.filter((one) => !changed.some((other) => other.type === one.type)), ...changed];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
