// Lease candidates: who could lead, and at which version, for leases that are given by a strategy.
import type { LeaseCandidate } from '../../gated-types.ts';
import { validateLeaseCandidate } from '../../validation/gated/lease-candidate.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { fixedFields } from './fixed-spec.ts';

export const LEASE_CANDIDATES = defineResource({
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  plural: 'leasecandidates',
  kind: 'LeaseCandidate',
  namespaced: true,
  columns: [
    NAME_COLUMN,
    column<LeaseCandidate>('LeaseName', ({ spec }) => spec?.leaseName ?? ''),
    column<LeaseCandidate>('BinaryVersion', ({ spec }) => spec?.binaryVersion ?? ''),
    column<LeaseCandidate>('EmulationVersion', ({ spec }) => spec?.emulationVersion ?? ''),
    column<LeaseCandidate>('Strategy', ({ spec }) => spec?.strategy ?? ''),
    AGE_COLUMN,
  ],
  strategy: {
    nameRule: 'pathSegment',
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    validate: (object) => validateLeaseCandidate(object as LeaseCandidate),
    validateUpdate: (object, old) =>
      fixedFields(
        (object as LeaseCandidate).spec?.leaseName,
        (old as LeaseCandidate).spec?.leaseName,
        'spec.leaseName',
      ),
    selectableFields: (object) => ({ 'spec.leaseName': (object as LeaseCandidate).spec?.leaseName ?? '' }),
    selectableFieldNames: ['spec.leaseName'],
  },
});
