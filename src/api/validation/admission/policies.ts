// The rules of admission policies and their bindings. CEL expressions are looked at for their presence alone: who evaluates
// them compiles them, and says in the policy's status what it found.
import type {
  MutatingAdmissionPolicy,
  Mutation,
  ParamKind,
  ParamRef,
  PolicyVariable,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import {
  addFindings,
  duplicate,
  forbidden,
  invalid,
  notSupported,
  notSupportedAsListed,
  problemsAt,
  required,
} from '../../field-error.ts';
import { isCelIdentifier } from '../domains.ts';
import { labelKeyProblems, validateLabelSelector } from '../labels.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems, pathSegmentProblems } from '../names.ts';
import { oneOf } from '../numbers.ts';
import { FAILURE_POLICIES, REINVOCATION_POLICIES, validateMatchConditions, validateMatchResources } from './rules.ts';

type ValidatingSpec = NonNullable<ValidatingAdmissionPolicy['spec']>;
type MutatingSpec = NonNullable<MutatingAdmissionPolicy['spec']>;
type PolicyValidation = NonNullable<ValidatingSpec['validations']>[number];
type AuditAnnotation = NonNullable<ValidatingSpec['auditAnnotations']>[number];

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const AUDIT_ANNOTATIONS_LIMIT = 20;
const VALUE_EXPRESSION_LIMIT_BYTES = 5 * 1024;

export function validateValidatingPolicy({ metadata, spec = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const errors = validateCommon(spec);
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length + auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    errors.push(required('spec.validations', detail), required('spec.auditAnnotations', detail));
  }
  for (const [index, validation] of validations.entries())
    addFindings(errors, validateValidation(validation, `spec.validations[${index}]`));
  if (auditAnnotations.length > AUDIT_ANNOTATIONS_LIMIT) {
    const detail = `must not have more than ${AUDIT_ANNOTATIONS_LIMIT} auditAnnotations`;
    errors.push(invalid('spec.auditAnnotations', auditAnnotations, detail));
  }
  const keys = new Set<string>();
  for (const [index, annotation] of auditAnnotations.entries()) {
    const at = `spec.auditAnnotations[${index}]`;
    addFindings(errors, validateAuditAnnotation(annotation, metadata?.name ?? '', at));
    if (keys.has(annotation.key)) errors.push(duplicate(`${at}.key`, annotation.key));
    keys.add(annotation.key);
  }
  return errors;
}

export function validateMutatingPolicy({ spec = {} }: MutatingAdmissionPolicy): FieldError[] {
  const errors = validateCommon(spec);
  const { mutations = [], reinvocationPolicy } = spec;
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  for (const [index, mutation] of mutations.entries())
    addFindings(errors, validateMutation(mutation, `spec.mutations[${index}]`));
  addFindings(errors, oneOf(reinvocationPolicy, 'spec.reinvocationPolicy', REINVOCATION_POLICIES, 'required'));
  return errors;
}

function validateCommon(spec: ValidatingSpec | MutatingSpec): FieldError[] {
  const errors = oneOf(spec.failurePolicy, 'spec.failurePolicy', FAILURE_POLICIES, 'required');
  if (spec.paramKind !== undefined) addFindings(errors, validateParamKind(spec.paramKind, 'spec.paramKind'));
  if (spec.matchConstraints === undefined) errors.push(required('spec.matchConstraints'));
  else {
    addFindings(errors, validateMatchResources(spec.matchConstraints, 'spec.matchConstraints'));
    if ((spec.matchConstraints.resourceRules ?? []).length === 0)
      errors.push(required('spec.matchConstraints.resourceRules'));
  }
  addFindings(errors, validateMatchConditions(spec.matchConditions, 'spec.matchConditions'));
  for (const [index, variable] of (spec.variables ?? []).entries())
    addFindings(errors, validateVariable(variable, `spec.variables[${index}]`));
  return errors;
}

function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const parts = apiVersion.split('/');
  const version = parts.at(-1) ?? '';
  const group = parts.length === 2 ? (parts[0] ?? '') : '';
  const joined = (field: string, value: string, problems: readonly string[], before = ''): void => {
    if (problems.length > 0) errors.push(invalid(field, value, before + problems.join(',')));
  };
  if (apiVersion === '') errors.push(required(`${at}.apiVersion`));
  else if (parts.length > 2)
    errors.push(invalid(`${at}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    if (group !== '') joined(`${at}.apiVersion`, group, dns1123SubdomainProblems(group));
    if (version === '') errors.push(invalid(`${at}.apiVersion`, apiVersion, 'version must be specified'));
    else joined(`${at}.apiVersion`, version, dns1035LabelProblems(version));
  }
  if (kind === '') errors.push(required(`${at}.kind`));
  else
    joined(
      `${at}.kind`,
      kind,
      dns1035LabelProblems(kind.toLowerCase()),
      'may have mixed case, but should otherwise match: ',
    );
  return errors;
}

function validateVariable({ name = '', expression = '' }: PolicyVariable, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name.trim() === '') errors.push(required(`${at}.name`, 'name is not specified'));
  else if (!isCelIdentifier(name)) errors.push(invalid(`${at}.name`, name, 'name is not a valid CEL identifier'));
  if (expression.trim() === '') errors.push(required(`${at}.expression`, 'expression is not specified'));
  return errors;
}

function validateValidation(validation: PolicyValidation, at: string): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation;
  const errors: FieldError[] = [];
  if (expression.trim() === '') errors.push(required(`${at}.expression`, 'expression is not specified'));
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(invalid(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  if (message !== '' && message.trim() === '')
    errors.push(invalid(`${at}.message`, message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(`${at}.message`, message, 'message must not contain line breaks'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, REASONS));
  return errors;
}

function validateAuditAnnotation(
  { key = '', valueExpression = '' }: AuditAnnotation,
  policy: string,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const full = `${policy}/${key}`;
  if (policy === '') errors.push(invalid(`${at}.key`, key, 'requires metadata.name be non-empty'));
  else addFindings(errors, problemsAt(`${at}.key`, full, labelKeyProblems(full)));
  const trimmed = valueExpression.trim();
  if (trimmed === '') errors.push(required(`${at}.valueExpression`, 'valueExpression is not specified'));
  else if (Buffer.byteLength(trimmed) > VALUE_EXPRESSION_LIMIT_BYTES) {
    const detail = `must not exceed ${VALUE_EXPRESSION_LIMIT_BYTES} bytes in length`;
    errors.push(required(`${at}.valueExpression`, detail));
  }
  return errors;
}

const PATCH_FIELDS = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;

function validateMutation(mutation: Mutation, at: string): FieldError[] {
  const { patchType = '' } = mutation;
  if (patchType === '') return [required(`${at}.patchType`)];
  const types = Object.keys(PATCH_FIELDS);
  if (!types.includes(patchType)) return [notSupported(`${at}.patchType`, patchType, types)];
  const errors: FieldError[] = [];
  for (const [type, field] of Object.entries(PATCH_FIELDS)) {
    const patch = mutation[field];
    if (type !== patchType) {
      if (patch !== undefined)
        errors.push(forbidden(`${at}.${field}`, `may not be specified when patchType is ${patchType}`));
    } else if (patch === undefined) errors.push(required(`${at}.${field}`));
    else if ((patch.expression ?? '').trim() === '')
      errors.push(required(`${at}.${field}.expression`, 'expression is not specified'));
  }
  return errors;
}

type BindingSpec = Partial<
  Pick<ValidatingAdmissionPolicyBinding['spec'] & object, 'policyName' | 'paramRef' | 'matchResources'>
>;

export function validatePolicyBinding({ policyName = '', paramRef, matchResources }: BindingSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (policyName === '') errors.push(required('spec.policyName'));
  else addFindings(errors, problemsAt('spec.policyName', policyName, dns1123SubdomainProblems(policyName)));
  if (paramRef !== undefined) addFindings(errors, validateParamRef(paramRef, 'spec.paramRef'));
  addFindings(errors, validateMatchResources(matchResources, 'spec.matchResources'));
  return errors;
}

function validateParamRef({ name = '', selector, parameterNotFoundAction = '' }: ParamRef, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const both = 'name and selector are mutually exclusive';
  if (name !== '') {
    addFindings(errors, problemsAt(`${at}.name`, name, pathSegmentProblems(name)));
    if (selector !== undefined) errors.push(forbidden(`${at}.name`, both), forbidden(`${at}.selector`, both));
  }
  addFindings(errors, validateLabelSelector(selector, `${at}.selector`));
  if (name === '' && selector === undefined) errors.push(required(at, 'one of name or selector must be specified'));
  if (parameterNotFoundAction === '') errors.push(required(`${at}.parameterNotFoundAction`));
  else if (parameterNotFoundAction !== 'Deny' && parameterNotFoundAction !== 'Allow') {
    const field = `${at}.parameterNotFoundAction`;
    errors.push(notSupportedAsListed(field, parameterNotFoundAction, ['Deny', 'Allow']));
  }
  return errors;
}

export function validateActions(actions: readonly string[]): FieldError[] {
  const at = 'spec.validationActions';
  const errors: FieldError[] = [];
  for (const [index, action] of actions.entries()) {
    if (!ACTIONS.includes(action)) errors.push(notSupported(`${at}[${index}]`, action, ACTIONS));
    if (actions.indexOf(action) < index) errors.push(duplicate(`${at}[${index}]`, action));
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalid(at, actions, detail));
  }
  if (actions.length === 0) errors.push(required(at, 'at least one validation action is required'));
  return errors;
}
