// Resource pool status requests: how much of a driver's pools is free, asked once and answered once by a controller.
import type { ResourcePoolStatusRequest } from '../../gated-types.ts';
import { validatePoolRequest, validatePoolRequestStatus } from '../../validation/gated/devices.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { keepStatus } from '../strategies.ts';
import { fixedSpec } from './fixed-spec.ts';

const GROUP = 'resource.k8s.io';
const KIND = 'ResourcePoolStatusRequest';
const POOLS = 100;

export const RESOURCE_POOL_STATUS_REQUESTS = defineResource({
  group: GROUP,
  version: 'v1alpha3',
  plural: 'resourcepoolstatusrequests',
  kind: KIND,
  namespaced: false,
  subresources: [statusOf(GROUP, 'v1alpha3', KIND)],
  columns: [NAME_COLUMN, column<ResourcePoolStatusRequest>('Driver', ({ spec }) => spec?.driver ?? ''), AGE_COLUMN],
  strategy: {
    // Absent means unanswered, so none is made up.
    prepareForCreate(object) {
      delete (object as ResourcePoolStatusRequest).status;
    },
    prepareForUpdate(object, old) {
      keepStatus(object, old);
      return false;
    },
    applyDefaults(object) {
      const { spec } = object as ResourcePoolStatusRequest;
      if (spec !== undefined) spec.limit ??= POOLS;
    },
    validateCreate: (object) => validatePoolRequest(object as ResourcePoolStatusRequest),
    validateUpdate: fixedSpec,
    validateStatusUpdate: (object, old) =>
      validatePoolRequestStatus(object as ResourcePoolStatusRequest, old as ResourcePoolStatusRequest),
  },
});
