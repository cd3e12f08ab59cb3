// The Deployment controller: executes the plan of plan.ts. ReplicaSets first, the Deployment's revision next, the status
// last, so that a status never tells of something that did not happen.
import type { Deployment, Pod, ReplicaSet, Served } from '../../api/index.ts';
import {
  DEPLOYMENTS,
  type EventRecorder,
  isAlreadyExists,
  isNamespaceTerminating,
  keyOf,
  nameOf,
  nameOfKey,
  type ObjectKey,
  REPLICA_SETS,
  type ReconcileResult,
  type WorkQueue,
} from '../../client/index.ts';
import { messageOf, rfc3339, unreachable } from '../../lib/index.ts';
import { BY_CONTROLLER } from '../caches.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { claimObjects, unlessGone } from '../shared/claim.ts';
import { controllerOf, controllerReference, isControlledBy } from '../shared/owners.ts';
import { selects } from '../shared/selects.ts';
import type { ReplicaSetAction } from './draft.ts';
import { isRolling, sizeOf } from './numbers.ts';
import { type DeploymentPlan, planDeployment } from './plan.ts';
import { REVISION } from './revision.ts';
import { deadlineInMs, type Moment, withCreateError } from './status.ts';
import { type AnyReplicaSet, sameTemplate } from './template.ts';

export function startDeploymentController(context: ControllerContext): readonly Loop[] {
  const queue = context.newQueue();
  const recorder = context.recorder('deployment-controller');
  watch(context, queue);
  return [
    { name: 'deployment', workers: CONTROLLER_WORKERS, queue, reconcile: (key) => reconcile(context, recorder, key) },
  ];
}

function watch({ caches, signal }: ControllerContext, queue: WorkQueue<ObjectKey>): void {
  const enqueue = (deployment: Served<Deployment>): void => queue.add(keyOf(deployment));
  caches.deployments.addHandlers({ added: enqueue, updated: enqueue, deleted: enqueue }, signal);

  const ownerKey = (replicaSet: Served<ReplicaSet>): ObjectKey | undefined => {
    const owner = controllerOf(replicaSet);
    return owner?.kind === 'Deployment' ? `${nameOf(replicaSet).namespace}/${owner.name}` : undefined;
  };
  const concerned = (replicaSet: Served<ReplicaSet>): void => {
    const key = ownerKey(replicaSet);
    if (key !== undefined) queue.add(key);
    else if (controllerOf(replicaSet) === undefined) {
      for (const deployment of caches.deployments.lister.list(nameOf(replicaSet).namespace)) {
        if (selects(deployment.spec?.selector, replicaSet.metadata.labels)) enqueue(deployment);
      }
    }
  };
  caches.replicaSets.addHandlers(
    {
      added: concerned,
      updated: (replicaSet, old) => {
        const before = ownerKey(old);
        if (before !== undefined && before !== ownerKey(replicaSet)) queue.add(before);
        concerned(replicaSet);
      },
      deleted: concerned,
    },
    signal,
  );

  // Recreate waits for the last old pod: its end is the only event that tells of it.
  const podEnded = (pod: Served<Pod>): void => {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return;
    const { namespace } = nameOf(pod);
    const replicaSet = caches.replicaSets.lister.get({ namespace, name: owner.name });
    const key = replicaSet === undefined ? undefined : ownerKey(replicaSet);
    const deployment = key === undefined ? undefined : caches.deployments.lister.get(nameOfKey(key));
    if (deployment !== undefined && !isRolling(deployment)) enqueue(deployment);
  };
  caches.pods.addHandlers(
    { deleted: podEnded, updated: (pod, old) => pod.status?.phase !== old.status?.phase && podEnded(pod) },
    signal,
  );
}

async function reconcile(
  context: ControllerContext,
  recorder: EventRecorder,
  key: ObjectKey,
): Promise<ReconcileResult | undefined> {
  const deployment = context.caches.deployments.lister.get(nameOfKey(key));
  if (deployment === undefined) return undefined;
  if (selectsEverything(deployment)) {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    recorder.event(deployment, 'Warning', 'SelectingAll', message);
    return undefined;
  }
  const nowMs = context.clock.now();
  const moment: Moment = { nowMs, now: rfc3339(nowMs) };
  const replicaSets = await claimReplicaSets(context, deployment);
  const pods = podsOf(context, replicaSets);
  const plan = planDeployment({ deployment, replicaSets, pods, moment });
  for (const action of plan.actions) await execute(context, recorder, deployment, plan, action, moment);
  await writeDeployment(context, deployment, plan);
  const requeueAfterMs = deadlineInMs(deployment, plan.status, moment);
  return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
}

function selectsEverything({ spec }: Deployment): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec?.selector ?? {};
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

function claimReplicaSets(
  { client, caches }: ControllerContext,
  deployment: Served<Deployment>,
): Promise<readonly Served<ReplicaSet>[]> {
  const { namespace } = nameOf(deployment);
  const candidates = caches.replicaSets.lister.list(namespace).filter((replicaSet) => {
    const owner = controllerOf(replicaSet);
    return owner === undefined || owner.uid === deployment.metadata.uid;
  });
  return claimObjects({
    client,
    owner: deployment,
    ownerRef: DEPLOYMENTS,
    reference: controllerReference(deployment, 'apps/v1', 'Deployment'),
    ref: REPLICA_SETS,
    candidates,
    matches: (replicaSet) => selects(deployment.spec?.selector, replicaSet.metadata.labels),
  });
}

function podsOf(
  { caches }: ControllerContext,
  replicaSets: readonly Served<ReplicaSet>[],
): ReadonlyMap<string, readonly Pod[]> {
  return new Map(
    replicaSets.map(({ metadata }) => [metadata.name, caches.pods.lister.byIndex(BY_CONTROLLER, metadata.uid)]),
  );
}

async function execute(
  context: ControllerContext,
  recorder: EventRecorder,
  deployment: Served<Deployment>,
  plan: DeploymentPlan,
  action: ReplicaSetAction,
  moment: Moment,
): Promise<void> {
  const { client } = context;
  const { name } = action.replicaSet.metadata;
  switch (action.kind) {
    case 'create':
      await createReplicaSet(context, recorder, deployment, plan, action.replicaSet, moment);
      return;
    case 'update': {
      await client.update(REPLICA_SETS, action.replicaSet);
      const after = sizeOf(action.replicaSet);
      if (after === action.before) return;
      const direction = after > action.before ? 'up' : 'down';
      const message = `Scaled ${direction} replica set ${name} from ${action.before} to ${after}`;
      recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message);
      return;
    }
    case 'delete': {
      const { uid, resourceVersion } = action.replicaSet.metadata;
      await unlessGone(client.delete(REPLICA_SETS, nameOf(action.replicaSet), { uid, resourceVersion }));
      return;
    }
    default:
      unreachable(action);
  }
}

async function createReplicaSet(
  context: ControllerContext,
  recorder: EventRecorder,
  deployment: Served<Deployment>,
  plan: DeploymentPlan,
  replicaSet: AnyReplicaSet,
  moment: Moment,
): Promise<void> {
  const { client } = context;
  const { name } = replicaSet.metadata;
  try {
    await client.create(REPLICA_SETS, replicaSet);
  } catch (error) {
    if (isNamespaceTerminating(error)) throw error;
    if (isAlreadyExists(error)) {
      const there = await client.get(REPLICA_SETS, nameOf(replicaSet));
      // Ours: the cache does not show it yet, or an earlier answer was lost.
      if (isControlledBy(there, deployment) && sameTemplate(there.spec?.template, replicaSet.spec?.template)) return;
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      const status = { ...deployment.status, collisionCount };
      await client.update(DEPLOYMENTS, { ...deployment, status }, { subresource: 'status' });
      throw error;
    }
    const conditions = [...withCreateError(plan.status.conditions ?? [], name, messageOf(error), moment)];
    const status = { ...plan.status, conditions };
    recorder.event(
      deployment,
      'Warning',
      'ReplicaSetCreateError',
      `Failed to create new replica set "${name}": ${messageOf(error)}`,
    );
    await client.update(DEPLOYMENTS, { ...deployment, status }, { subresource: 'status' });
    throw error;
  }
  const size = sizeOf(replicaSet);
  if (size === 0) return;
  const message = `Scaled up replica set ${name} from 0 to ${size}`;
  recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message);
}

/**
 * Its revision travels with the status: annotations that are written to the Deployment itself raise its generation, as if the
 * user had asked for something new. One that was deleted meanwhile has nothing to be told.
 */
async function writeDeployment(
  { client }: ControllerContext,
  deployment: Served<Deployment>,
  { revision, status, statusChanged }: DeploymentPlan,
): Promise<void> {
  if (revision === undefined && !statusChanged) return;
  const metadata = { ...deployment.metadata };
  if (revision !== undefined) metadata.annotations = { ...metadata.annotations, [REVISION]: revision };
  await unlessGone(client.update(DEPLOYMENTS, { ...deployment, metadata, status }, { subresource: 'status' }));
}
