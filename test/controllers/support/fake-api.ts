// An API server in memory, for tests of controllers: one process, no sockets, but the rules that controllers rely on are
// the real ones: resourceVersions and conflicts, generations, status apart from spec, finalizers and grace, propagation,
// writes that change nothing, watches with initial events. What it answers is frozen.
import type { KubeObject, Served } from '../../../src/api/index.ts';
import { cloneJson, equalJson } from '../../../src/api/index.ts';
import {
  type ApiClient,
  ApiStatusError,
  type ObjectName,
  type ResourceRef,
  type Selection,
  type WatchSink,
} from '../../../src/client/index.ts';
import { type Clock, rfc3339 } from '../../../src/lib/index.ts';
import { mergePatch } from './merge-patch.ts';
import { RESOURCES } from './resources.ts';

export type AnyObject = Served<KubeObject> & { spec?: Record<string, unknown>; status?: Record<string, unknown> };
type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: AnyObject;
  readonly resource: string;
};

export interface FakeApi {
  readonly client: ApiClient;
  /** Objects of a resource, in the order of their names. */
  list<T extends KubeObject>(ref: ResourceRef<T>, namespace?: string): readonly Served<T>[];
  find<T extends KubeObject>(ref: ResourceRef<T>, namespace: string, name: string): Served<T> | undefined;
  /** Every write that was accepted, as `verb resource namespace/name`. */
  readonly writes: readonly string[];
  /** While held, watches of this resource deliver nothing: its cache lags. */
  holdWatches(ref: ResourceRef<KubeObject>): void;
  releaseWatches(): void;
  /** The next writes whose description matches fail with this error, until undefined. */
  failWrites(rule: ((description: string) => ApiStatusError | undefined) | undefined): void;
}

export function createFakeApi(clock: Clock): FakeApi {
  const objects = new Map<string, AnyObject>();
  const changes: Change[] = [];
  const watchers = new Set<{ deliver(): void }>();
  const writes: string[] = [];
  let revision = 100;
  let uids = 0;
  const held = new Set<string>();
  let failure: ((description: string) => ApiStatusError | undefined) | undefined;

  const resourceOf = (ref: ResourceRef<KubeObject>): string => `${ref.group}/${ref.plural}`;
  const keyOf = (ref: ResourceRef<KubeObject>, { namespace, name }: ObjectName): string =>
    `${resourceOf(ref)}/${ref.namespaced ? namespace : ''}/${name}`;
  const describe = (verb: string, ref: ResourceRef<KubeObject>, { namespace, name }: ObjectName): string =>
    `${verb} ${ref.plural} ${ref.namespaced ? `${namespace}/` : ''}${name}`;

  const record = (type: Change['type'], ref: ResourceRef<KubeObject>, object: AnyObject): AnyObject => {
    const stored = freeze({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++revision) },
    }) as AnyObject;
    const key = keyOf(ref, { namespace: stored.metadata.namespace ?? '', name: stored.metadata.name });
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, stored);
    changes.push({ type, object: stored, resource: resourceOf(ref) });
    for (const watcher of watchers) watcher.deliver();
    return stored;
  };
  const need = (ref: ResourceRef<KubeObject>, name: ObjectName): AnyObject => {
    const found = objects.get(keyOf(ref, name));
    if (found === undefined) throw status(404, 'NotFound', `${ref.plural} "${name.name}" not found`);
    return found;
  };
  const admit = (description: string): void => {
    const error = failure?.(description);
    if (error !== undefined) throw error;
    writes.push(description);
  };
  const check = (found: AnyObject, uid: string | undefined, version: string | undefined): void => {
    const wrongUid = uid !== undefined && uid !== found.metadata.uid;
    if (wrongUid || (version !== undefined && version !== found.metadata.resourceVersion)) {
      throw status(409, 'Conflict', `the object ${found.metadata.name} has been modified`);
    }
  };

  const create = (ref: ResourceRef<KubeObject>, given: KubeObject): AnyObject => {
    const object = cloneJson(given) as AnyObject;
    const namespace = ref.namespaced ? (object.metadata.namespace ?? '') : '';
    const name = object.metadata.name ?? `${object.metadata.generateName}${++uids}`;
    const home = objects.get(`/namespaces//${namespace}`);
    if (ref.namespaced && home?.metadata.deletionTimestamp !== undefined) {
      const details = { causes: [{ reason: 'NamespaceTerminating', message: '' }] };
      throw new ApiStatusError(403, 'Forbidden', `namespace ${namespace} is being terminated`, { details });
    }
    if (objects.has(keyOf(ref, { namespace, name }))) {
      throw status(409, 'AlreadyExists', `${ref.plural} "${name}" already exists`);
    }
    admit(describe('create', ref, { namespace, name }));
    const { kind, group, version } = ref;
    object.apiVersion = group === '' ? version : `${group}/${version}`;
    object.kind = kind;
    if (ref.plural === 'namespaces') {
      object.spec = { finalizers: ['kubernetes'] };
      object.status = { phase: 'Active' };
    }
    if (ref.plural === 'pods') object.status = { phase: 'Pending', ...object.status };
    const metadata = { ...object.metadata, name, ...(ref.namespaced ? { namespace } : {}) };
    const born = { uid: `uid-${++uids}`, creationTimestamp: rfc3339(clock.now()), generation: 1 };
    return record('ADDED', ref, { ...object, metadata: { ...metadata, ...born } });
  };

  /** Replaces what a subresource may replace, and finishes a deletion that has waited for this. */
  const replace = (
    ref: ResourceRef<KubeObject>,
    old: AnyObject,
    given: AnyObject,
    subresource: string | undefined,
  ): AnyObject => {
    const { uid, creationTimestamp, generation = 1, deletionTimestamp } = old.metadata;
    const kept = { uid, creationTimestamp, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) };
    let next: AnyObject;
    if (subresource === 'status') {
      // Annotations travel with a status; everything else of the object stays.
      const { annotations } = given.metadata;
      const metadata = { ...old.metadata, ...(annotations === undefined ? {} : { annotations }) };
      next = { ...old, metadata, status: given.status ?? {} };
    } else if (subresource === 'finalize') next = { ...old, spec: { ...old.spec, ...given.spec } };
    else {
      const spec = equalJson(old.spec, given.spec);
      const metadata = { ...given.metadata, ...kept, generation: spec ? generation : generation + 1 };
      next = { ...given, metadata, ...(old.status === undefined ? {} : { status: old.status }) };
    }
    const finalizing = (next.metadata.finalizers ?? []).length > 0 || (next.spec?.finalizers as [])?.length > 0;
    const graceful = ref.plural === 'pods' && (old.metadata.finalizers ?? []).length === 0;
    if (deletionTimestamp !== undefined && !finalizing && !graceful) return record('DELETED', ref, next);
    const bare = (object: AnyObject): unknown => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });
    return equalJson(bare(next), bare(old)) ? old : record('MODIFIED', ref, next);
  };

  const remove = (
    ref: ResourceRef<KubeObject>,
    found: AnyObject,
    options: { gracePeriodSeconds?: number; propagationPolicy?: string },
  ): void => {
    const { metadata } = found;
    const added: Record<string, string> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' };
    const finalizer = added[options.propagationPolicy ?? ''];
    const finalizers = [...new Set([...(metadata.finalizers ?? []), ...(finalizer === undefined ? [] : [finalizer])])];
    const namespaceHeld = ref.plural === 'namespaces' && ((found.spec?.finalizers as []) ?? []).length > 0;
    const bound = ref.plural === 'pods' && Boolean(found.spec?.nodeName) && options.gracePeriodSeconds !== 0;
    if (finalizers.length === 0 && !namespaceHeld && !bound) {
      record('DELETED', ref, found);
      return;
    }
    const deletionTimestamp = metadata.deletionTimestamp ?? rfc3339(clock.now());
    const next = { ...found, metadata: { ...metadata, finalizers, deletionTimestamp } };
    if (ref.plural === 'namespaces') next.status = { ...found.status, phase: 'Terminating' };
    if (!equalJson(next, found)) record('MODIFIED', ref, next);
  };

  const watch = (
    ref: ResourceRef<KubeObject>,
    selection: Selection,
    from: string | undefined,
    sink: WatchSink<KubeObject>,
  ): { close(): void } => {
    const wanted = (object: AnyObject): boolean =>
      selection.namespace === undefined || selection.namespace === object.metadata.namespace;
    const mine = (): AnyObject[] =>
      [...objects].filter(([key]) => key.startsWith(`${resourceOf(ref)}/`)).map(([, object]) => object);
    let next = changes.length;
    if (from !== undefined) next = changes.findIndex((c) => Number(c.object.metadata.resourceVersion) > Number(from));
    if (next < 0) next = changes.length;
    const initial = from === undefined ? mine().filter(wanted) : [];
    const startRevision = String(revision);
    const watcher = {
      deliver(): void {
        while (next < changes.length && watchers.has(watcher) && !held.has(resourceOf(ref))) {
          const change = changes[next++];
          if (change?.resource === resourceOf(ref) && wanted(change.object)) {
            sink.event({ type: change.type, object: change.object });
          }
        }
      },
    };
    queueMicrotask(() => {
      watchers.add(watcher);
      for (const object of initial) sink.event({ type: 'ADDED', object });
      const annotations = { 'k8s.io/initial-events-end': 'true' };
      const bookmark = { metadata: { resourceVersion: startRevision, annotations } };
      if (from === undefined) sink.event({ type: 'BOOKMARK', object: bookmark as unknown as AnyObject });
      watcher.deliver();
    });
    return { close: () => void watchers.delete(watcher) };
  };

  // The client's methods are generic in the type of objects; the fake knows one type, and says so here once.
  const client = {
    get: async (ref: ResourceRef<KubeObject>, name: ObjectName) => need(ref, name),
    list: async (ref: ResourceRef<KubeObject>, selection: Selection = {}) => ({
      items: listOf(ref, selection.namespace),
      resourceVersion: String(revision),
      continue: undefined,
    }),
    create: async (ref: ResourceRef<KubeObject>, object: KubeObject) => create(ref, object),
    update: async (ref: ResourceRef<KubeObject>, given: KubeObject, options: { subresource?: string } = {}) => {
      const object = cloneJson(given) as AnyObject;
      const name = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
      const old = need(ref, name);
      check(old, object.metadata.uid, object.metadata.resourceVersion);
      admit(describe(`update${options.subresource ? `/${options.subresource}` : ''}`, ref, name));
      return replace(ref, old, object, options.subresource);
    },
    patch: async (ref: ResourceRef<KubeObject>, name: ObjectName, type: string, patch: unknown) => {
      if (type !== 'merge') throw status(415, 'UnsupportedMediaType', `the fake has no ${type} patch`);
      const old = need(ref, name);
      const merged = mergePatch(cloneJson(old), patch) as AnyObject;
      check(old, merged.metadata.uid, merged.metadata.resourceVersion);
      admit(describe('patch', ref, name));
      return replace(ref, old, merged, undefined);
    },
    delete: async (
      ref: ResourceRef<KubeObject>,
      name: ObjectName,
      options: { uid?: string; resourceVersion?: string; gracePeriodSeconds?: number; propagationPolicy?: string } = {},
    ) => {
      const found = need(ref, name);
      check(found, options.uid, options.resourceVersion);
      admit(describe('delete', ref, name));
      remove(ref, found, options);
    },
    createSubresource: async () => {
      throw status(404, 'NotFound', 'the fake has no such subresource');
    },
    watch: (
      ref: ResourceRef<KubeObject>,
      selection: Selection,
      options: { resourceVersion?: string },
      sink: WatchSink<KubeObject>,
    ) => watch(ref, selection, options.resourceVersion, sink),
    fenced: () => client,
    raw: async (_method: string, path: string) => ({ status: 200, body: discovery(path) }),
    useEndpoints: () => {},
    close: async () => {},
  } as unknown as ApiClient;

  const listOf = <T extends KubeObject>(ref: ResourceRef<T>, namespace?: string): readonly Served<T>[] =>
    [...objects]
      .filter(([key]) => key.startsWith(`${resourceOf(ref)}/`))
      .map(([, object]) => object)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)) as unknown as readonly Served<T>[];

  return {
    client,
    list: listOf,
    find: <T extends KubeObject>(ref: ResourceRef<T>, namespace: string, name: string) =>
      objects.get(keyOf(ref, { namespace, name })) as Served<T> | undefined,
    writes,
    holdWatches: (ref) => void held.add(resourceOf(ref)),
    releaseWatches() {
      held.clear();
      for (const watcher of watchers) watcher.deliver();
    },
    failWrites(rule) {
      failure = rule;
    },
  };
}

function status(code: number, reason: string, message: string): ApiStatusError {
  return new ApiStatusError(code, reason, message);
}

function discovery(path: string): unknown {
  const groups = [...new Set(RESOURCES.map(({ group }) => group))].filter((group) => group !== '');
  if (path === '/api') return { versions: ['v1'] };
  if (path === '/apis') return { groups: groups.map((name) => ({ name, versions: [{ version: 'v1' }] })) };
  const group = path === '/api/v1' ? '' : path.split('/')[2];
  const resources = RESOURCES.filter((ref) => ref.group === group);
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  return { resources: resources.map(({ plural, kind, namespaced }) => ({ name: plural, kind, namespaced, verbs })) };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}
