// The ReplicaSet controller: keeps as many pods alive as each ReplicaSet asks for.
//
// The race it must win: (1) it creates a pod; (2) the watch that tells of it lags; (3) the key comes back, and the cache
// still shows a pod too few. Expectations hold step 3 back until the watch has confirmed every write of step 1. Names are
// chosen here, so that a creation whose answer was lost is repeated under its name and never makes a second pod.
import { generateName, type Pod, type ReplicaSet, type Served } from '../../api/index.ts';
import {
  isAlreadyExists,
  isConflict,
  isNamespaceTerminating,
  nameOf,
  nameOfKey,
  PODS,
  REPLICA_SETS,
  type ReconcileResult,
} from '../../client/index.ts';
import { messageOf, rfc3339 } from '../../lib/index.ts';
import { BY_CONTROLLER } from '../caches.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { claimObjects, unlessGone } from '../shared/claim.ts';
import { createExpectations, type Expectations } from '../shared/expectations.ts';
import { controllerOf, controllerReference, isControlledBy } from '../shared/owners.ts';
import { selects } from '../shared/selects.ts';
import { slowStart } from '../shared/slow-start.ts';
import { watchReplicas } from './handlers.ts';
import { planReplicas, planStatus, type ReplicaFailure, type ReplicaPlan } from './plan.ts';

export function startReplicaSetController(context: ControllerContext): readonly Loop[] {
  const queue = context.newQueue();
  const expectations = createExpectations(context.clock);
  const recorder = context.recorder('replicaset-controller');
  watchReplicas(context, queue, expectations);
  const work: Work = { context, expectations, recorder };
  return [{ name: 'replicaset', workers: CONTROLLER_WORKERS, queue, reconcile: (key) => reconcile(work, key) }];
}

interface Work {
  readonly context: ControllerContext;
  readonly expectations: Expectations;
  readonly recorder: ReturnType<ControllerContext['recorder']>;
}

async function reconcile(work: Work, key: string): Promise<ReconcileResult | undefined> {
  const { context, expectations } = work;
  const replicaSet = context.caches.replicaSets.lister.get(nameOfKey(key));
  if (replicaSet === undefined) {
    expectations.forget(key);
    return undefined;
  }
  const settled = expectations.satisfied(key);
  const pods = await claimPods(context, replicaSet);
  let failure: { readonly told: ReplicaFailure; readonly error: unknown } | undefined;
  if (settled && replicaSet.metadata.deletionTimestamp === undefined) {
    const plan = planReplicas(replicaSet, pods, relatedPods(context, replicaSet), context.clock.now());
    failure = await execute(work, key, replicaSet, plan);
  }
  const nowMs = context.clock.now();
  const status = planStatus(replicaSet, pods, settled ? failure?.told : failureIn(replicaSet), nowMs, rfc3339(nowMs));
  if (status.changed) {
    await unlessGone(
      context.client.update(REPLICA_SETS, { ...replicaSet, status: status.status }, { subresource: 'status' }),
    );
  }
  if (failure !== undefined) throw failure.error;
  return status.availableInMs === undefined ? undefined : { requeueAfterMs: status.availableInMs };
}

/** The failure that the status tells of: it stands until replicas are looked after again. */
function failureIn(replicaSet: ReplicaSet): ReplicaFailure | undefined {
  const condition = replicaSet.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  if (condition === undefined) return undefined;
  const reason = condition.reason === 'FailedDelete' ? 'FailedDelete' : 'FailedCreate';
  return { reason, message: condition.message ?? '' };
}

function claimPods(
  { client, caches }: ControllerContext,
  replicaSet: Served<ReplicaSet>,
): Promise<readonly Served<Pod>[]> {
  const { namespace } = nameOf(replicaSet);
  const owned = caches.pods.lister.byIndex(BY_CONTROLLER, replicaSet.metadata.uid);
  const orphans = caches.pods.lister.byIndex(BY_CONTROLLER, '');
  const inNamespace = [...owned, ...orphans].filter((pod) => pod.metadata.namespace === namespace);
  return claimObjects({
    client,
    owner: replicaSet,
    ownerRef: REPLICA_SETS,
    reference: controllerReference(replicaSet, 'apps/v1', 'ReplicaSet'),
    ref: PODS,
    candidates: inNamespace,
    matches: (pod) => selects(replicaSet.spec?.selector, pod.metadata.labels),
  });
}

/** The pods of all ReplicaSets that share this one's owner: what "how many on this node" is counted over. */
function relatedPods({ caches }: ControllerContext, replicaSet: Served<ReplicaSet>): readonly Served<Pod>[] {
  const owner = controllerOf(replicaSet);
  const siblings = owner === undefined ? [replicaSet] : caches.replicaSets.lister.byIndex(BY_CONTROLLER, owner.uid);
  return siblings.flatMap(({ metadata }) => caches.pods.lister.byIndex(BY_CONTROLLER, metadata.uid));
}

async function execute(
  work: Work,
  key: string,
  replicaSet: Served<ReplicaSet>,
  plan: ReplicaPlan,
): Promise<{ told: ReplicaFailure; error: unknown } | undefined> {
  switch (plan.kind) {
    case 'nothing':
      return undefined;
    case 'create': {
      const error = await createPods(work, key, replicaSet, plan.count);
      return error === undefined ? undefined : { told: { reason: 'FailedCreate', message: messageOf(error) }, error };
    }
    case 'delete': {
      const error = await deletePods(work, key, replicaSet, plan.pods);
      if (isConflict(error)) throw error; // the ranking was of older versions: rank again
      return error === undefined ? undefined : { told: { reason: 'FailedDelete', message: messageOf(error) }, error };
    }
  }
}

/** Answers the first failure, if any. */
async function createPods(work: Work, key: string, replicaSet: Served<ReplicaSet>, count: number): Promise<unknown> {
  const { context, expectations, recorder } = work;
  const random = (): number => context.random.uint32();
  const names = Array.from({ length: count }, () => generateName(`${replicaSet.metadata.name}-`, random));
  expectations.expectCreations(key, names);
  const tried = new Set<string>();
  const result = await slowStart(names, async (name) => {
    tried.add(name);
    try {
      await createPod(context, replicaSet, name);
      recorder.event(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
    } catch (error) {
      expectations.creationObserved(key, name);
      // Whatever is created in a namespace that goes would go with it.
      if (isNamespaceTerminating(error)) return;
      recorder.event(replicaSet, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  });
  for (const name of names) if (!tried.has(name)) expectations.creationObserved(key, name);
  return result.error;
}

async function createPod({ client }: ControllerContext, replicaSet: Served<ReplicaSet>, name: string): Promise<void> {
  const pod = podOf(replicaSet, name);
  try {
    await client.create(PODS, pod);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    // Ours when an earlier attempt did arrive; a stranger's by a very rare chance, and then the next round picks a new name.
    const there = await client.get(PODS, nameOf(pod));
    if (!isControlledBy(there, replicaSet)) throw error;
  }
}

/** A pod after the template of a ReplicaSet. */
export function podOf(replicaSet: Served<ReplicaSet>, name: string): Pod {
  const template = replicaSet.spec?.template;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { namespace } = nameOf(replicaSet);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      generateName: `${replicaSet.metadata.name}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(replicaSet, 'apps/v1', 'ReplicaSet')],
    },
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
  };
}

/** Answers the first failure, if any. Each deletion rests on the version that the ranking saw. */
async function deletePods(
  { context, expectations, recorder }: Work,
  key: string,
  replicaSet: Served<ReplicaSet>,
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
        recorder.event(replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        expectations.deletionObserved(key, uid);
        if (!isConflict(error)) {
          recorder.event(replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        }
        throw error;
      }
      if (context.caches.pods.lister.get(nameOf(pod))?.metadata.uid !== uid) expectations.deletionObserved(key, uid);
    }),
  );
  return outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
}
