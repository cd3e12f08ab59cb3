// Mutating admission policies: changes in CEL that objects take before they are stored.
import type { MutatingAdmissionPolicy } from '../../cluster-types.ts';
import type { KubeObject } from '../../object.ts';
import { validateMutatingPolicy } from '../../validation/admission/policies.ts';
import { defaultMatchResources } from '../../validation/admission/rules.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { generationBy } from '../strategies.ts';
import { paramKindText } from './policy-columns.ts';

export const MUTATING_ADMISSION_POLICIES = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingadmissionpolicies',
  kind: 'MutatingAdmissionPolicy',
  namespaced: false,
  categories: ['api-extensions'],
  columns: [
    NAME_COLUMN,
    column<MutatingAdmissionPolicy>('Mutations', ({ spec }) => spec?.mutations?.length ?? 0, { type: 'integer' }),
    column<MutatingAdmissionPolicy>('ParamKind', ({ spec }) => paramKindText(spec?.paramKind)),
    AGE_COLUMN,
  ],
  strategy: {
    ...generationBy(),
    allowUnconditionalUpdate: false,
    applyDefaults,
    validate: (object) => validateMutatingPolicy(object as MutatingAdmissionPolicy),
  },
});

function applyDefaults(object: KubeObject): void {
  const { spec } = object as MutatingAdmissionPolicy;
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatchResources(spec.matchConstraints);
}
