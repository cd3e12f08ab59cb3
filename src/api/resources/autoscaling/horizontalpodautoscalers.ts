// Horizontal pod autoscalers: how many replicas something has, by what it is measured to use. Stored as autoscaling/v2;
// autoscaling/v1 (v1-horizontalpodautoscalers.ts) is a view of the same objects.
import type { KubeObject } from '../../object.ts';
import type { HorizontalPodAutoscaler, ScalingRules } from '../../types.ts';
import { validateAutoscaler, validateAutoscalerStatus } from '../../validation/autoscaler.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { keepStatus } from '../strategies.ts';
import { metricsText } from './metrics-text.ts';
import { withoutTravellers } from './v1-conversion.ts';

export const AUTOSCALER_COLUMNS = [
  NAME_COLUMN,
  column<HorizontalPodAutoscaler>('Reference', ({ spec }) => {
    const { kind = '', name = '' } = spec?.scaleTargetRef ?? {};
    return `${kind}/${name}`;
  }),
  column<HorizontalPodAutoscaler>('Targets', ({ spec, status }) => metricsText(spec?.metrics, status?.currentMetrics)),
  column<HorizontalPodAutoscaler>('MinPods', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
  column<HorizontalPodAutoscaler>('MaxPods', ({ spec }) => spec?.maxReplicas ?? 0),
  column<HorizontalPodAutoscaler>('Replicas', ({ status }) => status?.currentReplicas ?? 0),
  AGE_COLUMN,
];

export const AUTOSCALERS = defineResource({
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [statusOf('autoscaling', 'v2', 'HorizontalPodAutoscaler')],
  columns: AUTOSCALER_COLUMNS,
  strategy: {
    prepareForCreate(object) {
      (object as HorizontalPodAutoscaler).status = { desiredReplicas: 0 };
    },
    prepareForUpdate: (object, old) => keepStatus(object, old, { desiredReplicas: 0 }),
    applyDefaults: applyAutoscalerDefaults,
    validate: (object) => validateAutoscaler(object as HorizontalPodAutoscaler),
    validateStatusUpdate: (object) => validateAutoscalerStatus(object as HorizontalPodAutoscaler),
  },
});

const CPU_UTILIZATION_PERCENT = 80;
const PERIOD_SECONDS = 15;

/** Doubled, or four pods more, whichever is more, each 15 seconds. */
const SCALE_UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS },
    { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS },
  ],
};

/** Without a stabilization window: that is for the controller to say. */
const SCALE_DOWN: ScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS }],
};

export function applyAutoscalerDefaults(object: KubeObject): void {
  const autoscaler = object as HorizontalPodAutoscaler;
  if (autoscaler.metadata !== undefined) autoscaler.metadata = withoutTravellers(autoscaler.metadata);
  const { spec } = autoscaler;
  if (spec === undefined) return;
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: 'Utilization', averageUtilization: CPU_UTILIZATION_PERCENT };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  if (spec.behavior === undefined) return;
  spec.behavior.scaleUp = { ...structuredClone(SCALE_UP), ...spec.behavior.scaleUp };
  spec.behavior.scaleDown = { ...structuredClone(SCALE_DOWN), ...spec.behavior.scaleDown };
}
