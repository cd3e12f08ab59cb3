// The controller of ReplicaSets and ReplicationControllers: keeps as many pods alive as each of them asks for.
//
// The race it must win: (1) it creates a pod; (2) the watch that tells of it lags; (3) the key comes back, and the cache
// still shows a pod too few. Expectations hold step 3 back until the watch has confirmed every write of step 1. Names are
// chosen here, so that a creation whose answer was lost is repeated under its name and never makes a second pod.
import { generateName, type Pod, type Served } from '../../api/index.ts';
import {
  isAlreadyExists,
  isConflict,
  isNamespaceTerminating,
  nameOf,
  nameOfKey,
  PODS,
  type ReconcileResult,
} from '../../client/index.ts';
import { messageOf, rfc3339 } from '../../lib/index.ts';
import { BY_CONTROLLER } from '../caches.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { claimObjects, unlessGone } from '../shared/claim.ts';
import { createExpectations, type Expectations } from '../shared/expectations.ts';
import { controllerReference, isControlledBy } from '../shared/owners.ts';
import { selects } from '../shared/selects.ts';
import { slowStart } from '../shared/slow-start.ts';
import { watchReplicas } from './handlers.ts';
import { REPLICA_SET_KIND, REPLICATION_CONTROLLER_KIND, type Replicator, type ReplicatorKind } from './kinds.ts';
import { planReplicas, planStatus, type ReplicaFailure, type ReplicaPlan } from './plan.ts';

export function startReplicaSetController(context: ControllerContext): readonly Loop[] {
  return startReplicator(context, REPLICA_SET_KIND);
}

export function startReplicationController(context: ControllerContext): readonly Loop[] {
  return startReplicator(context, REPLICATION_CONTROLLER_KIND);
}

function startReplicator(context: ControllerContext, kind: ReplicatorKind): readonly Loop[] {
  const queue = context.newQueue();
  const expectations = createExpectations(context.clock);
  const recorder = context.recorder(kind.component);
  watchReplicas(context, kind, queue, expectations);
  const work: Work = { kind, context, expectations, recorder };
  return [{ name: kind.loop, workers: CONTROLLER_WORKERS, queue, reconcile: (key) => reconcile(work, key) }];
}

interface Work {
  readonly kind: ReplicatorKind;
  readonly context: ControllerContext;
  readonly expectations: Expectations;
  readonly recorder: ReturnType<ControllerContext['recorder']>;
}

async function reconcile(work: Work, key: string): Promise<ReconcileResult | undefined> {
  const { kind, context, expectations } = work;
  const replicator = kind.informer(context.caches).lister.get(nameOfKey(key));
  if (replicator === undefined) {
    expectations.forget(key);
    return undefined;
  }
  const settled = expectations.satisfied(key);
  const pods = await claimPods(work, replicator);
  let failure: { readonly told: ReplicaFailure; readonly error: unknown } | undefined;
  if (settled && replicator.metadata.deletionTimestamp === undefined) {
    const plan = planReplicas(replicator, pods, relatedPods(work, replicator), context.clock.now());
    failure = await execute(work, key, replicator, plan);
  }
  const nowMs = context.clock.now();
  const status = planStatus(
    kind,
    replicator,
    pods,
    settled ? failure?.told : failureIn(replicator),
    nowMs,
    rfc3339(nowMs),
  );
  if (status.changed) {
    await unlessGone(
      context.client.update(kind.ref, { ...replicator, status: status.status }, { subresource: 'status' }),
    );
  }
  if (failure !== undefined) throw failure.error;
  return status.availableInMs === undefined ? undefined : { requeueAfterMs: status.availableInMs };
}

/** The failure that the status tells of: it stands until replicas are looked after again. */
function failureIn(replicator: Replicator): ReplicaFailure | undefined {
  const condition = replicator.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  if (condition === undefined) return undefined;
  const reason = condition.reason === 'FailedDelete' ? 'FailedDelete' : 'FailedCreate';
  return { reason, message: condition.message ?? '' };
}

function claimPods(
  { kind, context: { client, caches } }: Work,
  replicator: Served<Replicator>,
): Promise<readonly Served<Pod>[]> {
  const { namespace } = nameOf(replicator);
  const owned = caches.pods.lister.byIndex(BY_CONTROLLER, replicator.metadata.uid);
  const orphans = caches.pods.lister.byIndex(BY_CONTROLLER, '');
  const inNamespace = [...owned, ...orphans].filter((pod) => pod.metadata.namespace === namespace);
  return claimObjects({
    client,
    owner: replicator,
    ownerRef: kind.ref,
    reference: controllerReference(replicator, kind.apiVersion, kind.ref.kind),
    ref: PODS,
    candidates: inNamespace,
    matches: (pod) => selects(kind.selectorOf(replicator), pod.metadata.labels),
  });
}

/** The pods of all ReplicaSets that share this one's owner: what "how many on this node" is counted over. */
function relatedPods({ kind, context: { caches } }: Work, replicator: Served<Replicator>): readonly Served<Pod>[] {
  return kind
    .siblingsOf(replicator, caches)
    .flatMap(({ metadata }) => caches.pods.lister.byIndex(BY_CONTROLLER, metadata.uid));
}

async function execute(
  work: Work,
  key: string,
  replicator: Served<Replicator>,
  plan: ReplicaPlan,
): Promise<{ told: ReplicaFailure; error: unknown } | undefined> {
  switch (plan.kind) {
    case 'nothing':
      return undefined;
    case 'create': {
      const error = await createPods(work, key, replicator, plan.count);
      return error === undefined ? undefined : { told: { reason: 'FailedCreate', message: messageOf(error) }, error };
    }
    case 'delete': {
      const error = await deletePods(work, key, replicator, plan.pods);
      if (isConflict(error)) throw error; // the ranking was of older versions: rank again
      return error === undefined ? undefined : { told: { reason: 'FailedDelete', message: messageOf(error) }, error };
    }
  }
}

/** Answers the first failure, if any. */
async function createPods(work: Work, key: string, replicator: Served<Replicator>, count: number): Promise<unknown> {
  const { context, expectations, recorder } = work;
  const random = (): number => context.random.uint32();
  const names = Array.from({ length: count }, () => generateName(`${replicator.metadata.name}-`, random));
  expectations.expectCreations(key, names);
  const tried = new Set<string>();
  const result = await slowStart(names, async (name) => {
    tried.add(name);
    try {
      await createPod(work, replicator, name);
      recorder.event(replicator, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
    } catch (error) {
      expectations.creationObserved(key, name);
      // Whatever is created in a namespace that goes would go with it.
      if (isNamespaceTerminating(error)) return;
      recorder.event(replicator, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  });
  for (const name of names) if (!tried.has(name)) expectations.creationObserved(key, name);
  return result.error;
}

async function createPod(
  { kind, context: { client } }: Work,
  replicator: Served<Replicator>,
  name: string,
): Promise<void> {
  const pod = podOf(kind, replicator, name);
  try {
    await client.create(PODS, pod);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    // Ours when an earlier attempt did arrive; a stranger's by a very rare chance, and then the next round picks a new name.
    const there = await client.get(PODS, nameOf(pod));
    if (!isControlledBy(there, replicator)) throw error;
  }
}

/** A pod after the template of a ReplicaSet or its like. */
export function podOf(kind: ReplicatorKind, replicator: Served<Replicator>, name: string): Pod {
  const template = replicator.spec?.template;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { namespace } = nameOf(replicator);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      generateName: `${replicator.metadata.name}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(replicator, kind.apiVersion, kind.ref.kind)],
    },
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
  };
}

/** Answers the first failure, if any. Each deletion rests on the version that the ranking saw. */
async function deletePods(
  { context, expectations, recorder }: Work,
  key: string,
  replicator: Served<Replicator>,
  pods: readonly Served<Pod>[],
): Promise<unknown> {
  expectations.expectDeletions(
    key,
    pods.map(({ metadata }) => metadata.uid),
  );
  const outcomes = await Promise.allSettled(
    pods.map(async (pod) => {
      const { uid, name, resourceVersion } = pod.metadata;
      try {
        await unlessGone(context.client.delete(PODS, nameOf(pod), { uid, resourceVersion }));
        recorder.event(replicator, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        expectations.deletionObserved(key, uid);
        if (!isConflict(error)) {
          recorder.event(replicator, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        }
        throw error;
      }
      if (context.caches.pods.lister.get(nameOf(pod))?.metadata.uid !== uid) expectations.deletionObserved(key, uid);
    }),
  );
  return outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
}
