// Resource claims: devices that somebody asks for, fixed once asked; who allocates them says in the status which they are.
import type { ResourceClaim } from '../../cluster-types.ts';
import { invalid } from '../../field-error.ts';
import { defaultDeviceClaim, validateClaimStatus, validateDeviceClaim } from '../../validation/devices/claims.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { differs, withStatus } from '../strategies.ts';

export const RESOURCE_CLAIMS = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'resourceclaims',
  kind: 'ResourceClaim',
  namespaced: true,
  subresources: [statusOf('resource.k8s.io', 'v1', 'ResourceClaim')],
  columns: [NAME_COLUMN, column<ResourceClaim>('State', stateText), AGE_COLUMN],
  strategy: {
    ...withStatus(false),
    applyDefaults(object) {
      const claim = object as ResourceClaim;
      claim.spec ??= {};
      defaultDeviceClaim(claim.spec.devices);
    },
    validateCreate: (object) => validateDeviceClaim((object as ResourceClaim).spec.devices, 'spec.devices'),
    validateUpdate: (object, old) =>
      differs(object, old) ? [invalid('spec', (object as ResourceClaim).spec, 'field is immutable')] : [],
    validateStatusUpdate: (object, old) => validateClaimStatus(object as ResourceClaim, old as ResourceClaim),
  },
});

function stateText({ metadata, status }: ResourceClaim): string {
  const deleted = metadata?.deletionTimestamp !== undefined;
  const states = deleted ? ['deleted'] : [];
  if (status?.allocation !== undefined) states.push('allocated');
  else if (!deleted) states.push('pending');
  if (status?.allocation !== undefined && (status.reservedFor ?? []).length > 0) states.push('reserved');
  return states.join(',');
}
