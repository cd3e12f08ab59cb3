// Component statuses, computed when they are asked for: the store as this server finds it, scheduler and controllers by the
// leases that their leaders renew. Reads go the ordinary way (selectors, tables, pages, watches), over a view of the store
// in which the statuses are there; a watch shows them as they are when it begins, as nothing announces their changes.
import { type ComponentStatus, type Lease, methodNotSupportedError } from '../../api/index.ts';
import {
  type KeyRange,
  type ObjectStore,
  type Snapshot,
  type StoredObject,
  type StoreKey,
  storeKey,
} from '../../store/index.ts';
import type { AppContext } from '../http/env.ts';
import { fromStored, toEnvelope } from '../storage/codec.ts';
import { objectKey } from '../storage/keys.ts';
import { handleWatch } from '../watch/handle.ts';
import { handleGet } from './get.ts';
import { handleList } from './list.ts';
import type { Answer, Operation } from './operation.ts';

export function handleComponentStatuses(operation: Operation, c: AppContext): Promise<Answer> {
  const view = withStatuses(operation);
  switch (operation.info.verb) {
    case 'get':
      return handleGet(view);
    case 'list':
      return handleList(view);
    case 'watch':
      return handleWatch(view, c);
    default:
      throw methodNotSupportedError(operation.definition, operation.info.verb);
  }
}

function withStatuses(operation: Operation): Operation {
  const { server } = operation;
  const { store } = server.options;
  const view: ObjectStore = {
    start: () => store.start(),
    stop: () => store.stop(),
    commit: (command, signal) => store.commit(command, signal),
    readBarrier: (signal) => store.readBarrier(signal),
    waitFor: (revision, signal) => store.waitFor(revision, signal),
    snapshot: (revision) => statusSnapshot(operation, store.snapshot(revision)),
    watch: (options, sink) => store.watch(options, sink),
    status: () => store.status(),
    onStatusChange: (listener) => store.onStatusChange(listener),
    membership: () => store.membership(),
    changeMembership: (changes, signal) => store.changeMembership(changes, signal),
    backup: (signal) => store.backup(signal),
    transferLeadership: (target) => store.transferLeadership(target),
  };
  return { ...operation, server: { ...server, options: { ...server.options, store: view } } };
}

function statusSnapshot(operation: Operation, snapshot: Snapshot): Snapshot {
  const objects = statusesOf(operation, snapshot).map((status) => stored(operation, status, snapshot));
  const within = ({ prefix }: KeyRange, after?: StoreKey): StoredObject[] =>
    objects.filter(({ key }) => key.startsWith(prefix) && (after === undefined || key > after));
  return {
    revision: snapshot.revision,
    get: (key) => objects.find((object) => object.key === key),
    scan: (range, after) => within(range, after).values(),
    count: (range, after) => within(range, after).length,
  };
}

/** As the store would hold it: encoded, at the revision that was looked at. */
function stored({ definition }: Operation, status: ComponentStatus, { revision }: Snapshot): StoredObject {
  const envelope = toEnvelope(definition, status);
  const key = objectKey(definition, '', status.metadata?.name ?? '');
  return { key, revision, createRevision: revision, envelope, bytes: Buffer.from(JSON.stringify(status)) };
}

/** In the order of their names, as lists are. */
function statusesOf({ server }: Operation, snapshot: Snapshot): ComponentStatus[] {
  const { ready, reason } = server.options.store.status();
  const nowMs = server.options.clock.now();
  const leader = (component: string): ComponentStatus =>
    statusOf(component, leaseProblem(snapshot, `kube-${component}`, nowMs));
  return [
    leader('controller-manager'),
    statusOf('etcd-0', ready ? undefined : (reason ?? 'the store is not ready')),
    leader('scheduler'),
  ];
}

/** Nobody asks the components themselves: a leader that renews its lease is alive. */
function leaseProblem(snapshot: Snapshot, name: string, nowMs: number): string | undefined {
  const found = snapshot.get(storeKey('leases.coordination.k8s.io', 'kube-system', name));
  const spec = found === undefined ? undefined : fromStored<Lease>(found).spec;
  if (!spec?.holderIdentity) return `nobody holds the lease kube-system/${name}`;
  const expiresMs = Date.parse(spec.renewTime ?? '') + (spec.leaseDurationSeconds ?? 0) * 1000;
  return expiresMs >= nowMs ? undefined : `${spec.holderIdentity} no longer renews the lease kube-system/${name}`;
}

function statusOf(name: string, problem: string | undefined): ComponentStatus {
  const outcome = problem === undefined ? { status: 'True', message: 'ok' } : { status: 'False', error: problem };
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', ...outcome }],
  };
}
