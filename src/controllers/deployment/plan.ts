// What a Deployment does next: pure, from the Deployment, its ReplicaSets and the pods of old ones to a list of actions, the
// revision it has now, and the status that tells of all this. One plan is one step; the next one rests on what came of it.
import type { Deployment, DeploymentStatus, Pod, ReplicaSet, Served } from '../../api/index.ts';
import { actionsOf, allOf, createDraft, type Draft, type ReplicaSetAction, syncNewReplicaSet } from './draft.ts';
import { isRolling } from './numbers.ts';
import { REVISION } from './revision.ts';
import { cleanUp, isScaling, recreate, rollingUpdate, scale } from './rollout.ts';
import { countStatus, isComplete, type Moment, rolloutStatus, sameStatus, withPause } from './status.ts';

export interface DeploymentInput {
  readonly deployment: Served<Deployment>;
  /** Those it controls. */
  readonly replicaSets: readonly Served<ReplicaSet>[];
  /** Pods by the name of their ReplicaSet; needed for Recreate only. */
  readonly pods: ReadonlyMap<string, readonly Pod[]>;
  readonly moment: Moment;
}

export interface DeploymentPlan {
  readonly actions: readonly ReplicaSetAction[];
  /** The Deployment's revision annotation, when it has to change. */
  readonly revision: string | undefined;
  readonly status: DeploymentStatus;
  readonly statusChanged: boolean;
}

export function planDeployment({ deployment, replicaSets, pods, moment }: DeploymentInput): DeploymentPlan {
  const draft = createDraft(deployment, replicaSets, deployment.status?.conditions ?? [], moment);
  if (deployment.metadata.deletionTimestamp !== undefined) return finish(draft, 'count');
  draft.conditions = withPause(deployment, draft.conditions, moment);
  if (deployment.spec?.paused === true || isScaling(draft)) {
    syncNewReplicaSet(draft, false);
    scale(draft);
    if (deployment.spec?.paused === true) cleanUp(draft);
    return finish(draft, 'count');
  }
  if (isRolling(deployment)) rollingUpdate(draft);
  else recreate(draft, pods);
  if (isComplete(deployment, countStatus(deployment, draft.newOne, draft.old, [], moment))) cleanUp(draft);
  return finish(draft, 'rollout');
}

function finish(draft: Draft, kind: 'count' | 'rollout'): DeploymentPlan {
  const { deployment, newOne, old, conditions, moment } = draft;
  const status = (kind === 'count' ? countStatus : rolloutStatus)(deployment, newOne, old, conditions, moment);
  const revision = newOne?.metadata.annotations?.[REVISION];
  return {
    actions: allOf(draft).length === 0 ? [] : actionsOf(draft),
    revision: revision === deployment.metadata.annotations?.[REVISION] ? undefined : revision,
    status,
    statusChanged: !sameStatus(deployment.status, status),
  };
}
