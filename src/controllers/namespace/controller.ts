// Deletes the contents of a namespace that is being deleted, then lets it go: the finalizer `kubernetes` holds it until every
// served resource has been asked and nothing is left.
import { equalJson, type KubeObject, type Namespace, type Served } from '../../api/index.ts';
import {
  type ApiClient,
  NAMESPACES,
  type ObjectKey,
  type ReconcileResult,
  type ResourceRef,
} from '../../client/index.ts';
import { messageOf, rfc3339 } from '../../lib/index.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS, NAMESPACE_DELETES_AT_ONCE, NAMESPACE_POLL_MS } from '../limits.ts';
import type { CatalogEntry } from '../shared/catalog.ts';
import { unlessGone } from '../shared/claim.ts';
import { readAll } from '../shared/read-all.ts';
import { type Emptying, isEmptied, type Remains, terminatingStatus } from './plan.ts';

const FINALIZER = 'kubernetes';

export function startNamespaceController(context: ControllerContext): readonly Loop[] {
  const queue = context.newQueue();
  const enqueue = (namespace: Served<Namespace>): void => {
    if (namespace.metadata.deletionTimestamp !== undefined) queue.add(namespace.metadata.name);
  };
  context.caches.namespaces.addHandlers({ added: enqueue, updated: enqueue }, context.signal);
  return [{ name: 'namespace', workers: CONTROLLER_WORKERS, queue, reconcile: (name) => reconcile(context, name) }];
}

async function reconcile(context: ControllerContext, name: ObjectKey): Promise<ReconcileResult | undefined> {
  const { client, clock } = context;
  const cached = context.caches.namespaces.lister.get({ namespace: '', name });
  if (cached?.metadata.deletionTimestamp === undefined) return undefined;
  // Read anew: deleting contents on the word of a lagging cache could hit a namespace of the same name made since.
  const namespace = await unlessGone(client.get(NAMESPACES, { namespace: '', name }));
  if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
  if (!namespace.spec?.finalizers?.includes(FINALIZER)) return undefined;

  const outcome = await empty(context, name);
  const status = terminatingStatus(namespace.status, outcome, rfc3339(clock.now()));
  let latest: Served<Namespace> | undefined = namespace;
  if (!equalJson(namespace.status, status)) {
    latest = await unlessGone(client.update(NAMESPACES, { ...namespace, status }, { subresource: 'status' }));
  }
  if (!isEmptied(outcome)) return { requeueAfterMs: NAMESPACE_POLL_MS };
  if (latest === undefined) return undefined;
  const finalizers = (latest.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
  const finalized = { ...latest, spec: { ...latest.spec, finalizers } };
  await unlessGone(client.update(NAMESPACES, finalized, { subresource: 'finalize' }));
  return undefined;
}

async function empty({ client, catalog }: ControllerContext, namespace: string): Promise<Emptying> {
  const { entries, failures: undiscovered } = await catalog.refresh();
  const failures: string[] = [];
  const remains: Remains[] = [];
  for (const entry of podsFirst(entries)) {
    try {
      const left = await emptyOf(client, entry, namespace);
      remains.push(left);
      if (isPods(entry) && left.count > 0) break;
    } catch (error) {
      failures.push(`${resourceName(entry.ref)}: ${messageOf(error)}`);
    }
  }
  return { undiscovered, failures, remains };
}

/**
 * What a namespace may contain. Pods end before anything else goes: while they run, they keep what they were promised, such as
 * network policies and secrets.
 */
function podsFirst(entries: readonly CatalogEntry[]): readonly CatalogEntry[] {
  const contained = entries.filter(
    ({ ref, verbs }) => ref.namespaced && verbs.includes('list') && verbs.includes('delete'),
  );
  return [...contained.filter(isPods), ...contained.filter((entry) => !isPods(entry))];
}

function isPods({ ref }: CatalogEntry): boolean {
  return ref.group === '' && ref.plural === 'pods';
}

/** Deletes what is there of one resource, and counts what then still is. */
async function emptyOf(client: ApiClient, { ref }: CatalogEntry, namespace: string): Promise<Remains> {
  const alive = (await readAll(client, ref, namespace)).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  for (let from = 0; from < alive.length; from += NAMESPACE_DELETES_AT_ONCE) {
    const some = alive.slice(from, from + NAMESPACE_DELETES_AT_ONCE);
    await Promise.all(
      some.map(({ metadata: { uid, name } }) =>
        unlessGone(client.delete(ref, { namespace, name }, { uid, propagationPolicy: 'Background' })),
      ),
    );
  }
  const left = await readAll(client, ref, namespace);
  const finalizers = new Map<string, number>();
  for (const { metadata } of left) {
    for (const finalizer of metadata.finalizers ?? []) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }
  return { resource: resourceName(ref), count: left.length, finalizers };
}

function resourceName(ref: ResourceRef<KubeObject>): string {
  return ref.group === '' ? ref.plural : `${ref.plural}.${ref.group}`;
}
