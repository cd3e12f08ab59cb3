// Validating admission policies: rules in CEL that objects must keep before they are stored.
import type { ValidatingAdmissionPolicy } from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { addFindings, required } from '../../field-error.ts';
import type { KubeObject } from '../../object.ts';
import { validateValidatingPolicy } from '../../validation/admission/policies.ts';
import { defaultMatchResources } from '../../validation/admission/rules.ts';
import { validateConditions } from '../../validation/conditions.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { withStatus } from '../strategies.ts';
import { paramKindText } from './policy-columns.ts';

const GROUP = 'admissionregistration.k8s.io';

export const VALIDATING_ADMISSION_POLICIES = defineResource({
  group: GROUP,
  version: 'v1',
  plural: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
  categories: ['api-extensions'],
  subresources: [statusOf(GROUP, 'v1', 'ValidatingAdmissionPolicy')],
  columns: [
    NAME_COLUMN,
    column<ValidatingAdmissionPolicy>('Validations', ({ spec }) => spec?.validations?.length ?? 0, { type: 'integer' }),
    column<ValidatingAdmissionPolicy>('ParamKind', ({ spec }) => paramKindText(spec?.paramKind)),
    AGE_COLUMN,
  ],
  strategy: {
    ...withStatus(true),
    allowUnconditionalUpdate: false,
    applyDefaults,
    validate: (object) => validateValidatingPolicy(object as ValidatingAdmissionPolicy),
    validateStatusUpdate: (object) => validateStatus(object as ValidatingAdmissionPolicy),
  },
});

function applyDefaults(object: KubeObject): void {
  const { spec } = object as ValidatingAdmissionPolicy;
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatchResources(spec.matchConstraints);
}

function validateStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { fieldRef, warning }] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
    const at = `status.typeChecking.expressionWarnings[${index}]`;
    if (!warning) errors.push(required(`${at}.warning`));
    if ((fieldRef ?? '').trim() === '') errors.push(required(`${at}.fieldRef`));
  }
  addFindings(errors, validateConditions(status?.conditions, 'status.conditions'));
  return errors;
}
