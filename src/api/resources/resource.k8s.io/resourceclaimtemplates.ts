// Templates of resource claims: what the claims that are made for each pod look like. Never changed.
import type { ResourceClaimTemplate } from '../../cluster-types.ts';
import { invalid } from '../../field-error.ts';
import { defaultDeviceClaim, validateDeviceClaim } from '../../validation/devices/claims.ts';
import { validateAnnotations, validateLabels } from '../../validation/labels.ts';
import { defineResource } from '../define.ts';
import { differs } from '../strategies.ts';

export const RESOURCE_CLAIM_TEMPLATES = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'resourceclaimtemplates',
  kind: 'ResourceClaimTemplate',
  namespaced: true,
  strategy: {
    applyDefaults(object) {
      const template = object as ResourceClaimTemplate;
      template.spec ??= { spec: {} };
      template.spec.spec ??= {};
      defaultDeviceClaim(template.spec.spec.devices);
    },
    validateCreate(object) {
      const { metadata, spec } = (object as ResourceClaimTemplate).spec;
      return [
        ...validateLabels(metadata?.labels, 'spec.metadata.labels'),
        ...validateAnnotations(metadata?.annotations, 'spec.metadata.annotations'),
        ...validateDeviceClaim(spec.devices, 'spec.spec.devices'),
      ];
    },
    validateUpdate: (object, old) =>
      differs(object, old) ? [invalid('spec', (object as ResourceClaimTemplate).spec, 'field is immutable')] : [],
  },
});
