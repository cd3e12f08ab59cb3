// Leases: heartbeats of nodes, and who leads. PUT of a lease that is not there creates it.
import type { FieldError } from '../../definition.ts';
import { invalid, required } from '../../field-error.ts';
import type { Lease } from '../../types.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const LEASES = defineResource({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
  columns: [NAME_COLUMN, column<Lease>('Holder', ({ spec }) => spec?.holderIdentity ?? ''), AGE_COLUMN],
  strategy: {
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    validate: (object) => validateLease(object as Lease),
  },
});

function validateLease({ spec = {} }: Lease): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'));
  }
  if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0) {
    errors.push(invalid('spec.leaseTransitions', spec.leaseTransitions, 'must be greater than or equal to 0'));
  }
  if (spec.preferredHolder && !spec.strategy) {
    errors.push(required('spec.strategy', 'strategy must be set when preferredHolder is set'));
  }
  return errors;
}
