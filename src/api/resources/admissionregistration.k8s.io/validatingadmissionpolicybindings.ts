// Bindings of validating admission policies: where a policy holds, with which parameters, and what follows from a breach.
import type { ValidatingAdmissionPolicyBinding } from '../../cluster-types.ts';
import { validateActions, validatePolicyBinding } from '../../validation/admission/policies.ts';
import { defaultMatchResources } from '../../validation/admission/rules.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { generationBy } from '../strategies.ts';
import { paramRefText } from './policy-columns.ts';

export const VALIDATING_ADMISSION_POLICY_BINDINGS = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicybindings',
  kind: 'ValidatingAdmissionPolicyBinding',
  namespaced: false,
  categories: ['api-extensions'],
  columns: [
    NAME_COLUMN,
    column<ValidatingAdmissionPolicyBinding>('PolicyName', ({ spec }) => spec?.policyName ?? ''),
    column<ValidatingAdmissionPolicyBinding>('ParamRef', ({ spec }) => paramRefText(spec?.paramRef)),
    AGE_COLUMN,
  ],
  strategy: {
    ...generationBy(),
    allowUnconditionalUpdate: false,
    applyDefaults: (object) => defaultMatchResources((object as ValidatingAdmissionPolicyBinding).spec?.matchResources),
    validate(object) {
      const { spec } = object as ValidatingAdmissionPolicyBinding;
      return [...validatePolicyBinding(spec ?? {}), ...validateActions(spec?.validationActions ?? [])];
    },
  },
});
