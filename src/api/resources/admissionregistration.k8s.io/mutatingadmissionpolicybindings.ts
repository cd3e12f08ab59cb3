// Bindings of mutating admission policies: where a policy holds, and with which parameters.
import type { MutatingAdmissionPolicyBinding } from '../../cluster-types.ts';
import { validatePolicyBinding } from '../../validation/admission/policies.ts';
import { defaultMatchResources } from '../../validation/admission/rules.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { generationBy } from '../strategies.ts';
import { paramRefText } from './policy-columns.ts';

export const MUTATING_ADMISSION_POLICY_BINDINGS = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingadmissionpolicybindings',
  kind: 'MutatingAdmissionPolicyBinding',
  namespaced: false,
  categories: ['api-extensions'],
  columns: [
    NAME_COLUMN,
    column<MutatingAdmissionPolicyBinding>('PolicyName', ({ spec }) => spec?.policyName ?? ''),
    column<MutatingAdmissionPolicyBinding>('ParamRef', ({ spec }) => paramRefText(spec?.paramRef)),
    AGE_COLUMN,
  ],
  strategy: {
    ...generationBy(),
    allowUnconditionalUpdate: false,
    applyDefaults: (object) => defaultMatchResources((object as MutatingAdmissionPolicyBinding).spec?.matchResources),
    validate: (object) => validatePolicyBinding((object as MutatingAdmissionPolicyBinding).spec ?? {}),
  },
});
