// PodDisruptionBudgets: how many of the selected pods may be taken away on purpose at a time. The numbers in the status are
// the disruption controller's, and the evictions' that count them down.
import { equalJson } from '../../json.ts';
import type { PodDisruptionBudget } from '../../types.ts';
import {
  validatePodDisruptionBudget,
  validatePodDisruptionBudgetStatus,
} from '../../validation/pod-disruption-budget.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

export const POD_DISRUPTION_BUDGETS = defineResource({
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  shortNames: ['pdb'],
  subresources: [statusOf('policy', 'v1', 'PodDisruptionBudget')],
  columns: [
    NAME_COLUMN,
    column<PodDisruptionBudget>('Min Available', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    column<PodDisruptionBudget>('Max Unavailable', ({ spec }) => String(spec?.maxUnavailable ?? 'N/A')),
    column<PodDisruptionBudget>('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0, {
      type: 'integer',
    }),
    AGE_COLUMN,
  ],
  strategy: {
    hasGeneration: true,
    allowUnconditionalUpdate: false,
    prepareForCreate(object) {
      (object as PodDisruptionBudget).status = newStatus();
    },
    prepareForUpdate(object, old) {
      const budget = object as PodDisruptionBudget;
      const before = old as PodDisruptionBudget;
      budget.status = structuredClone(before.status ?? newStatus());
      return !equalJson(budget.spec, before.spec);
    },
    applyDefaults(object) {
      const budget = object as PodDisruptionBudget;
      if (budget.status !== undefined) budget.status = { ...newStatus(), ...budget.status };
    },
    validate: (object) => validatePodDisruptionBudget(object as PodDisruptionBudget),
    validateStatusUpdate: (object) => validatePodDisruptionBudgetStatus(object as PodDisruptionBudget),
  },
});

/** Nothing is known yet: nothing may be disrupted. Zeros are on the wire. */
function newStatus(): NonNullable<PodDisruptionBudget['status']> {
  return { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
}
