// Device classes: which devices a claim means by a name, and how they are set up.
import type { DeviceClass } from '../../cluster-types.ts';
import { validateDeviceClass } from '../../validation/devices/claims.ts';
import { defineResource } from '../define.ts';
import { generationBy } from '../strategies.ts';

export const DEVICE_CLASSES = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'deviceclasses',
  kind: 'DeviceClass',
  namespaced: false,
  strategy: {
    ...generationBy(),
    applyDefaults(object) {
      (object as DeviceClass).spec ??= {};
    },
    validate: (object) => validateDeviceClass(object as DeviceClass),
  },
});
