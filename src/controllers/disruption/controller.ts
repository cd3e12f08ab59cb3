// The disruption controller: keeps the status of each disruption budget true to the pods it selects, so that the servers can
// decide evictions by it. Each write rests on the version of the budget that was decided on: an eviction that was granted
// meanwhile is never overlooked.
import { equalJson, matcherOfSelector, type Pod, type PodDisruptionBudget, type Served } from '../../api/index.ts';
import {
  type EventRecorder,
  isConflict,
  keyOf,
  nameOf,
  nameOfKey,
  type ObjectKey,
  POD_DISRUPTION_BUDGETS,
  type ReconcileResult,
} from '../../client/index.ts';
import { messageOf } from '../../lib/index.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import { selects } from '../shared/selects.ts';
import { type BudgetStatus, expectedOf, failSafeStatus, needsScale, planBudget } from './plan.ts';
import { type ExpectedScale, expectedScale } from './scale.ts';

export function startDisruptionController(context: ControllerContext): readonly Loop[] {
  const { caches, signal } = context;
  const queue = context.newQueue();
  const enqueue = (budget: Served<PodDisruptionBudget>): void => queue.add(keyOf(budget));
  caches.podDisruptionBudgets.addHandlers({ added: enqueue, updated: enqueue }, signal);
  const enqueueSelecting = (pod: Served<Pod>): void => {
    for (const budget of caches.podDisruptionBudgets.lister.list(nameOf(pod).namespace)) {
      if (selects(budget.spec?.selector, pod.metadata.labels)) queue.add(keyOf(budget));
    }
  };
  caches.pods.addHandlers(
    {
      added: enqueueSelecting,
      updated(pod, old) {
        enqueueSelecting(pod);
        if (!equalJson(pod.metadata.labels, old.metadata.labels)) enqueueSelecting(old);
      },
      deleted: enqueueSelecting,
    },
    signal,
  );
  const work: Work = { context, recorder: context.recorder('controllermanager') };
  return [{ name: 'disruption', workers: CONTROLLER_WORKERS, queue, reconcile: (key) => reconcile(work, key) }];
}

interface Work {
  readonly context: ControllerContext;
  readonly recorder: EventRecorder;
}

async function reconcile(work: Work, key: ObjectKey): Promise<ReconcileResult | undefined> {
  const { context } = work;
  const budget = context.caches.podDisruptionBudgets.lister.get(nameOfKey(key));
  if (budget === undefined) return undefined;
  try {
    return await update(work, budget);
  } catch (error) {
    if (!isConflict(error)) await failSafe(work, budget, error);
    throw error;
  }
}

async function update(work: Work, budget: Served<PodDisruptionBudget>): Promise<ReconcileResult | undefined> {
  const { context, recorder } = work;
  const { namespace } = nameOf(budget);
  // In a fixed order: what is said of the first pod in trouble must not change from look to look.
  const pods = context.caches.pods.lister
    .list(namespace)
    .filter(({ metadata }) => selects(budget.spec?.selector, metadata.labels))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const { scale, unmanaged } = await scaleFor(work, budget, pods);
  const plan = planBudget(budget, pods, expectedOf(budget, pods.length, scale), context.clock.now());
  for (const pod of plan.notDeleted) {
    const name = `${namespace}/${budget.metadata.name}`;
    recorder.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${name} to be deleted but it wasn't`);
  }
  if (plan.changed) {
    // Said when something changed, not each time that it is looked at.
    if (pods.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    if (unmanaged.length > 0) recorder.event(budget, 'Warning', 'UnmanagedPods', unmanagedText(budget));
    await writeStatus(work, budget, plan.status);
  }
  return plan.recheckInMs === undefined ? undefined : { requeueAfterMs: plan.recheckInMs };
}

async function scaleFor(
  { context, recorder }: Work,
  budget: Served<PodDisruptionBudget>,
  pods: readonly Served<Pod>[],
): Promise<ExpectedScale> {
  if (!needsScale(budget)) return { scale: 0, unmanaged: [] };
  try {
    return await expectedScale(context, nameOf(budget).namespace, pods);
  } catch (error) {
    const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`;
    recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
    throw error;
  }
}

function unmanagedText({ spec }: PodDisruptionBudget): string {
  const selector = matcherOfSelector(spec?.selector).toString();
  return `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
}

/** Best effort: the failure itself is what is reported, and tried again. */
async function failSafe(work: Work, budget: Served<PodDisruptionBudget>, error: unknown): Promise<void> {
  const status = failSafeStatus(budget, messageOf(error), work.context.clock.now());
  if (equalJson(status, budget.status)) return;
  try {
    await writeStatus(work, budget, status);
  } catch (failure) {
    work.context.logger.debug({ error: messageOf(failure) }, 'the fail-safe status of a budget was not written');
  }
}

async function writeStatus(
  { context }: Work,
  budget: Served<PodDisruptionBudget>,
  status: BudgetStatus,
): Promise<void> {
  await unlessGone(context.client.update(POD_DISRUPTION_BUDGETS, { ...budget, status }, { subresource: 'status' }));
}
