// Limit ranges: what containers, pods and claims of a namespace may ask for, and what they get when they do not say.
import type { KubeObject } from '../../object.ts';
import type { LimitRange, LimitRangeItem } from '../../types.ts';
import { validateLimitRange } from '../../validation/limit-range.ts';
import { column, defineResource, NAME_COLUMN } from '../define.ts';

export const LIMIT_RANGES = defineResource({
  group: '',
  version: 'v1',
  plural: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
  shortNames: ['limits'],
  columns: [
    NAME_COLUMN,
    column<LimitRange>('Created At', ({ metadata }) => metadata?.creationTimestamp ?? null, { type: 'date' }),
  ],
  strategy: {
    allowCreateOnUpdate: true,
    applyDefaults: applyLimitRangeDefaults,
    validate: (object) => validateLimitRange(object as LimitRange),
  },
});

function applyLimitRangeDefaults(object: KubeObject): void {
  const range = object as LimitRange;
  range.spec ??= { limits: [] };
  range.spec.limits ??= [];
  for (const item of range.spec.limits) if (item.type === 'Container') fillIn(item);
}

/** A container's limit is the maximum unless it says otherwise; its request the limit, or else the minimum. */
function fillIn(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}
