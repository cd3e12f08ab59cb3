// Resource slices: the devices that a driver offers, pool by pool.
import { rfc3339 } from '../../../lib/index.ts';
import type { ResourceSlice } from '../../cluster-types.ts';
import type { KubeObject } from '../../object.ts';
import { validateSlice, validateSliceUpdate } from '../../validation/devices/slices.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { differs } from '../strategies.ts';

export const RESOURCE_SLICES = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'resourceslices',
  kind: 'ResourceSlice',
  namespaced: false,
  columns: [
    NAME_COLUMN,
    column<ResourceSlice>('Node', ({ spec }) => spec?.nodeName ?? ''),
    column<ResourceSlice>('Driver', ({ spec }) => spec?.driver ?? ''),
    column<ResourceSlice>('Pool', ({ spec }) => spec?.pool?.name ?? ''),
    AGE_COLUMN,
  ],
  strategy: {
    hasGeneration: true,
    prepareForCreate: (object, { nowMs }) => stampTaints(object, nowMs),
    prepareForUpdate(object, old, { nowMs }) {
      stampTaints(object, nowMs);
      return differs(object, old);
    },
    validate: (object) => validateSlice(object as ResourceSlice),
    validateUpdate: (object, old) => validateSliceUpdate(object as ResourceSlice, old as ResourceSlice),
    selectableFields: (object) => ({
      'spec.driver': (object as ResourceSlice).spec?.driver ?? '',
      'spec.nodeName': (object as ResourceSlice).spec?.nodeName ?? '',
    }),
    selectableFieldNames: ['spec.driver', 'spec.nodeName'],
  },
});

/** When a taint came is known to whoever evicts by it. */
function stampTaints(object: KubeObject, nowMs: number): void {
  for (const device of (object as ResourceSlice).spec?.devices ?? [])
    for (const taint of device.taints ?? []) taint.timeAdded ??= rfc3339(nowMs);
}
