// The ReplicaSets of a Deployment while a plan is being made: each step of the plan changes the draft, later steps see the
// changes, and in the end every ReplicaSet that differs is one action. Nothing of the cache is touched.
import { type Deployment, type DeploymentCondition, equalJson, type ReplicaSet, type Served } from '../../api/index.ts';
import { fences, newReplicaSetSize, sizeOf, wantedReplicas } from './numbers.ts';
import { newAnnotations, withScale } from './revision.ts';
import { type Moment, withReplicaSetFound } from './status.ts';
import { type AnyReplicaSet, byAge, findNewReplicaSet, replicaSetFor } from './template.ts';

/** What the executor does, in the order given. */
export type ReplicaSetAction =
  | { readonly kind: 'create'; readonly replicaSet: AnyReplicaSet }
  | {
      readonly kind: 'update';
      readonly replicaSet: Served<ReplicaSet>;
      /** The number of replicas before; equal to the new one when only annotations change. */
      readonly before: number;
    }
  | { readonly kind: 'delete'; readonly replicaSet: Served<ReplicaSet> };

export interface Draft {
  readonly deployment: Served<Deployment>;
  readonly moment: Moment;
  /** The ReplicaSet of the current template. */
  newOne: AnyReplicaSet | undefined;
  /** All others, oldest first. */
  old: readonly AnyReplicaSet[];
  conditions: readonly DeploymentCondition[];
  readonly deleted: Served<ReplicaSet>[];
  readonly original: ReadonlyMap<string, Served<ReplicaSet>>;
}

export function createDraft(
  deployment: Served<Deployment>,
  replicaSets: readonly Served<ReplicaSet>[],
  conditions: readonly DeploymentCondition[],
  moment: Moment,
): Draft {
  const newOne = findNewReplicaSet(deployment, replicaSets);
  const old = replicaSets.filter((replicaSet) => replicaSet !== newOne).sort(byAge);
  const original = new Map(replicaSets.map((replicaSet) => [replicaSet.metadata.name, replicaSet]));
  return { deployment, moment, newOne, old, conditions, deleted: [], original };
}

export function allOf({ newOne, old }: Draft): readonly AnyReplicaSet[] {
  return newOne === undefined ? old : [...old, newOne];
}

/** Numbers the new ReplicaSet and gives it the Deployment's annotations; creates it first when that is asked for. */
export function syncNewReplicaSet(draft: Draft, createIfMissing: boolean): void {
  const { deployment, newOne, old, moment } = draft;
  if (newOne !== undefined) {
    const annotations = { ...newAnnotations(deployment, newOne, old) };
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    draft.newOne = {
      ...newOne,
      metadata: { ...newOne.metadata, annotations },
      ...(newOne.spec === undefined || (newOne.spec.minReadySeconds ?? 0) === minReadySeconds
        ? {}
        : { spec: { ...newOne.spec, minReadySeconds } }),
    };
    draft.conditions = withReplicaSetFound(draft.conditions, deployment, newOne.metadata.name, 'found', moment);
  } else if (createIfMissing) {
    const replicas = newReplicaSetSize(deployment, old, undefined);
    const max = wantedReplicas(deployment) + fences(deployment).maxSurge;
    const annotations = withScale(newAnnotations(deployment, undefined, old), wantedReplicas(deployment), max);
    const created = replicaSetFor(deployment, replicas, annotations);
    draft.newOne = created;
    draft.conditions = withReplicaSetFound(draft.conditions, deployment, created.metadata.name, 'created', moment);
  }
}

/** Sizes a ReplicaSet, and notes what scale of the Deployment it was sized for. Answers whether the size changed. */
export function resize(draft: Draft, replicaSet: AnyReplicaSet, replicas: number): boolean {
  const { deployment } = draft;
  const max = wantedReplicas(deployment) + fences(deployment).maxSurge;
  const annotations = { ...withScale(replicaSet.metadata.annotations, wantedReplicas(deployment), max) };
  const resized: AnyReplicaSet = {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    ...(replicaSet.spec === undefined ? {} : { spec: { ...replicaSet.spec, replicas } }),
  };
  const { name } = replicaSet.metadata;
  if (draft.newOne?.metadata.name === name) draft.newOne = resized;
  draft.old = draft.old.map((each) => (each.metadata.name === name ? resized : each));
  return sizeOf(replicaSet) !== replicas;
}

/** What has to be done so that the servers have what the draft says. */
export function actionsOf(draft: Draft): readonly ReplicaSetAction[] {
  const actions: ReplicaSetAction[] = [];
  for (const replicaSet of [...(draft.newOne === undefined ? [] : [draft.newOne]), ...draft.old]) {
    const before = draft.original.get(replicaSet.metadata.name);
    if (before === undefined) actions.push({ kind: 'create', replicaSet });
    else if (!equalJson(before, replicaSet)) {
      const changed: Served<ReplicaSet> = { ...replicaSet, metadata: { ...before.metadata, ...replicaSet.metadata } };
      actions.push({ kind: 'update', replicaSet: changed, before: sizeOf(before) });
    }
  }
  return [...actions, ...draft.deleted.map((replicaSet): ReplicaSetAction => ({ kind: 'delete', replicaSet }))];
}
