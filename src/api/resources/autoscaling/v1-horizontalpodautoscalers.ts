// autoscaling/v1: the older shape of autoscalers, a view of the stored v2 objects. Its rules are those of v2, applied to
// what a v1 object is there, so that neither shape can hold what the other would refuse.
import type { KubeObject } from '../../object.ts';
import type { HorizontalPodAutoscaler } from '../../types.ts';
import { validateAutoscaler, validateAutoscalerStatus } from '../../validation/autoscaler.ts';
import { defineResource, statusOf } from '../define.ts';
import { AUTOSCALER_COLUMNS, AUTOSCALERS, applyAutoscalerDefaults } from './horizontalpodautoscalers.ts';
import { toV1, toV2 } from './v1-conversion.ts';

export const AUTOSCALERS_V1 = defineResource({
  group: 'autoscaling',
  version: 'v1',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [statusOf('autoscaling', 'v1', 'HorizontalPodAutoscaler')],
  columns: AUTOSCALER_COLUMNS.map((column) => ({
    ...column,
    cell: (object, nowMs) => column.cell(toV2(object), nowMs),
  })),
  storedAs: {
    group: 'autoscaling',
    version: 'v2',
    plural: 'horizontalpodautoscalers',
    toStored: toV2,
    fromStored: toV1,
  },
  strategy: {
    prepareForCreate: (object, context) =>
      asV2(object, (inV2) => AUTOSCALERS.strategy.prepareForCreate?.(inV2, context)),
    prepareForUpdate: (object, old, context) =>
      asV2(object, (inV2) => AUTOSCALERS.strategy.prepareForUpdate?.(inV2, toV2(old), context) ?? false),
    prepareForStatusUpdate: (object, old) =>
      asV2(object, (inV2) => {
        const { spec } = toV2(old) as HorizontalPodAutoscaler;
        if (spec !== undefined) (inV2 as HorizontalPodAutoscaler).spec = spec;
      }),
    applyDefaults: (object) => asV2(object, applyAutoscalerDefaults),
    validate: (object) => validateAutoscaler(toV2(object) as HorizontalPodAutoscaler),
    validateStatusUpdate: (object) => validateAutoscalerStatus(toV2(object) as HorizontalPodAutoscaler),
  },
});

/** Changes a v1 object as the v2 object that it is. */
function asV2<T>(object: KubeObject, change: (inV2: KubeObject) => T): T {
  const inV2 = toV2(object);
  const result = change(inV2);
  const record = object as Record<string, unknown>;
  for (const key of Object.keys(record)) delete record[key];
  Object.assign(record, toV1(inV2));
  return result;
}
