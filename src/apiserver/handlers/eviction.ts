// Eviction: a deletion of a pod that its disruption budget may object to. The budget is counted down by the command that
// deletes the pod, on the condition that both are as they were read: two servers cannot both take the last disruption.
import {
  badRequestError,
  cloneJson,
  type DeleteOptions,
  type KubeObject,
  matcherOfSelector,
  type Pod,
  type PodDisruptionBudget,
  reconcileNames,
  type SubresourceDefinition,
} from '../../api/index.ts';
import { defined, rfc3339 } from '../../lib/index.ts';
import type { Snapshot, StoredObject } from '../../store/index.ts';
import { fromStored, toEnvelope } from '../storage/codec.ts';
import { collectionRange } from '../storage/keys.ts';
import { commitOperation } from './commit-operation.ts';
import { decodeRequest } from './decode.ts';
import { type DeletionExtras, deleteStep, requireDeleteOptions } from './delete.ts';
import { type BudgetVerdict, decideEviction, ignoresBudgets, moreThanOneBudgetError } from './eviction-budget.ts';
import { SERVER_MANAGER, trackOther } from './field-manager.ts';
import { type Answer, type Operation, objectAnswer } from './operation.ts';
import { parseWriteOptions } from './options.ts';
import { requireExisting } from './update.ts';

interface Eviction extends KubeObject {
  deleteOptions?: DeleteOptions;
}

export async function handleEviction(operation: Operation, subresource: SubresourceDefinition): Promise<Answer> {
  const { definition, info } = operation;
  const { fieldValidation } = parseWriteOptions(operation.query, 'CreateOptions');
  const { group, version, kind } = subresource;
  const schema = 'io.k8s.api.policy.v1.Eviction';
  const eviction = (await decodeRequest(operation, { group, version, kind, schema }, fieldValidation)) as Eviction;
  eviction.metadata ??= {};
  eviction.metadata.name ||= info.name;
  if (eviction.metadata.name !== info.name) throw badRequestError('name in URL does not match name in Eviction object');
  reconcileNames(definition, eviction, info.namespace, info.name);
  const options = eviction.deleteOptions ?? {};
  requireDeleteOptions(options);
  await commitOperation(operation, (snapshot) => {
    const pod = requireExisting(operation, snapshot);
    const budget = ignoresBudgets(pod.object as Pod) ? undefined : budgetOf(operation, pod.object as Pod, snapshot);
    return deleteStep(operation, options, pod, snapshot, evictionExtras(operation, pod.object as Pod, budget));
  });
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return objectAnswer(201, success);
}

interface FoundBudget {
  readonly stored: StoredObject;
  readonly object: PodDisruptionBudget;
}

/** The budget that selects the pod. Throws ApiError 500 when there are several. */
function budgetOf(operation: Operation, pod: Pod, snapshot: Snapshot): FoundBudget | undefined {
  const range = collectionRange(budgets(operation), operation.info.namespace);
  const selecting: FoundBudget[] = [];
  for (const stored of snapshot.scan(range)) {
    const object = fromStored<PodDisruptionBudget>(stored);
    if (matcherOfSelector(object.spec?.selector).matches(pod.metadata?.labels)) selecting.push({ stored, object });
  }
  if (selecting.length > 1) throw moreThanOneBudgetError();
  return selecting[0];
}

function budgets({ server }: Operation) {
  return defined(server.options.registry.find('policy', 'v1', 'poddisruptionbudgets'), 'disruption budgets');
}

/** Throws ApiError 403 and 429 for what the budget does not allow. */
function evictionExtras(operation: Operation, pod: Pod, budget: FoundBudget | undefined): DeletionExtras {
  const now = rfc3339(operation.server.options.clock.now());
  const mark = (object: KubeObject): void => markDisrupted(object as Pod, now);
  if (budget === undefined) return { conditions: [], writes: [], mark };
  const verdict: BudgetVerdict = decideEviction(budget.object, pod, now);
  const { key, revision } = budget.stored;
  const conditions = [{ kind: 'revision', key, revision }] as const;
  if (verdict.kind === 'free') return { conditions, writes: [], mark };
  const next = { ...cloneJson(budget.object), status: verdict.status };
  const definition = budgets(operation);
  const nowMs = operation.server.options.clock.now();
  trackOther(definition, budget.object, next, { manager: SERVER_MANAGER, subresource: 'status', nowMs });
  return { conditions, writes: [{ kind: 'put', key, envelope: toEnvelope(definition, next) }], mark };
}

/** Whoever sees the pod end knows from this condition that it was not its own doing. */
function markDisrupted(pod: Pod, now: string): void {
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'DisruptionTarget');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: before?.status === 'True' ? (before.lastTransitionTime ?? now) : now,
    ...(pod.metadata?.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  pod.status = { ...pod.status, conditions: [...conditions.filter((each) => each !== before), condition] };
}
