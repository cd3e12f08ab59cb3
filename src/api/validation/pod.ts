// The rules of pods and pod specs, also where a template carries one, and of a pod's status. What may change is pod-update's.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, problemsAt, required, tooLong } from '../field-error.ts';
import type { Pod, PodSpec, Toleration } from '../types.ts';
import { validateContainers } from './container.ts';
import { dnsLabel, dnsSubdomain, qualifiedName } from './findings.ts';
import { labelValueProblems, validateLabels } from './labels.ts';
import { oneOf } from './numbers.ts';
import { validateDns, validateHostAliases, validateHostUsers } from './pod-network.ts';
import { validateOs } from './pod-os.ts';
import { validatePodResources, validateResources } from './resources.ts';
import { validateScheduling } from './scheduling.ts';
import { validatePodSecurity } from './security-context.ts';
import { validateVolumes } from './volume.ts';

export function validatePod({ metadata, spec }: Pod): FieldError[] {
  if (spec === undefined) return [required('spec.containers')];
  const errors = validatePodSpec(spec, 'spec', metadata?.name);
  if (spec.serviceAccountName) return errors;
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    for (const [position, { serviceAccountToken }] of (volume.projected?.sources ?? []).entries()) {
      const place = `spec.volumes[${index}].projected.sources[${position}].serviceAccountToken`;
      if (serviceAccountToken !== undefined)
        errors.push(forbidden(place, 'must not be specified when serviceAccountName is not set'));
    }
  }
  return errors;
}

/** What only a new pod must keep to. */
export function validatePodCreate({ spec }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.ephemeralContainers ?? []).length > 0)
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (spec?.nodeName && (spec.schedulingGates ?? []).length > 0)
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  return errors;
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const PREEMPTION_POLICIES = ['Never', 'PreemptLowerPriority'];

/** `podName` is given for the spec of a real pod. */
export function validatePodSpec(spec: PodSpec, at: string, podName = ''): FieldError[] {
  const errors = validateVolumes(spec.volumes ?? [], `${at}.volumes`, podName);
  const claims = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter(Boolean));
  addFindings(
    errors,
    validateResourceClaims(spec.resourceClaims ?? [], `${at}.resourceClaims`),
    validateContainers(spec, at, claims),
    validatePodResources(spec, at, claims),
    oneOf(spec.restartPolicy, `${at}.restartPolicy`, RESTART_POLICIES, 'required'),
    validateLabels(spec.nodeSelector, `${at}.nodeSelector`),
    validatePodSecurity(spec, `${at}.securityContext`),
    validateDns(spec, at),
    validateGates(spec, at),
    validateScheduling(spec, at),
    validateHostUsers(spec, at),
    validateNames(spec, at),
    validateTolerations(spec.tolerations ?? [], `${at}.tolerations`),
    validateHostAliases(spec, at),
    oneOf(spec.preemptionPolicy, `${at}.preemptionPolicy`, PREEMPTION_POLICIES, 'optional'),
    validateOs(spec, at),
  );
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > DEADLINE_SECONDS_MAX)) {
    const detail = `must be between 1 and ${DEADLINE_SECONDS_MAX}, inclusive`;
    errors.push(invalid(`${at}.activeDeadlineSeconds`, deadline, detail));
  }
  if (spec.overhead !== undefined)
    addFindings(errors, validateResources({ limits: spec.overhead }, `${at}.overhead`, claims));
  return errors;
}

export const DEADLINE_SECONDS_MAX = 2 ** 31 - 1;

type ResourceClaim = NonNullable<PodSpec['resourceClaims']>[number];

function validateResourceClaims(claims: readonly ResourceClaim[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, claim] of claims.entries()) {
    const place = `${at}[${index}]`;
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    if (!name) errors.push(required(`${place}.name`));
    else if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    else addFindings(errors, dnsLabel(name, `${place}.name`));
    names.add(name);
    if (own !== undefined && template !== undefined) {
      const detail = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(invalid(place, claim, detail));
    }
    if (own === undefined && template === undefined)
      errors.push(invalid(place, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (own !== undefined) addFindings(errors, dnsSubdomain(own, `${place}.resourceClaimName`));
    if (template !== undefined) addFindings(errors, dnsSubdomain(template, `${place}.resourceClaimTemplateName`));
  }
  return errors;
}

function validateGates({ readinessGates = [], schedulingGates = [] }: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { conditionType }] of readinessGates.entries())
    addFindings(errors, qualifiedName(conditionType ?? '', `${at}.readinessGates[${index}].conditionType`));
  const seen = new Set<string>();
  for (const [index, { name }] of schedulingGates.entries()) {
    const place = `${at}.schedulingGates[${index}]`;
    addFindings(errors, qualifiedName(name ?? '', place));
    if (seen.has(name)) errors.push(duplicate(place, name));
    seen.add(name);
  }
  return errors;
}

/** What Linux takes for the name of a host. */
const HOSTNAME_LIMIT = 64;

function validateNames(spec: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['hostname', 'subdomain'] as const) {
    const value = spec[field];
    if (value) addFindings(errors, dnsLabel(value, `${at}.${field}`));
  }
  for (const field of ['nodeName', 'serviceAccountName', 'priorityClassName'] as const) {
    const value = spec[field];
    if (value) addFindings(errors, dnsSubdomain(value, `${at}.${field}`));
  }
  const override = spec.hostnameOverride;
  if (override) addFindings(errors, dnsSubdomain(override, `${at}.hostnameOverride`));
  if (override && override.length > HOSTNAME_LIMIT) errors.push(tooLong(`${at}.hostnameOverride`, HOSTNAME_LIMIT));
  const runtime = spec.runtimeClassName;
  if (runtime !== undefined) addFindings(errors, dnsSubdomain(runtime, `${at}.runtimeClassName`));
  return errors;
}

const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

export function validateTolerations(tolerations: readonly Toleration[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { key, operator, value = '', effect, tolerationSeconds }] of tolerations.entries()) {
    const place = `${at}[${index}]`;
    if (key) addFindings(errors, qualifiedName(key, `${place}.key`));
    else if (operator !== 'Exists') {
      const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(`${place}.operator`, operator ?? '', detail));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(invalid(`${place}.effect`, effect ?? '', detail));
    }
    addFindings(errors, oneOf(operator, `${place}.operator`, ['Equal', 'Exists', 'Gt', 'Lt'], 'optional'));
    if (operator === 'Exists' && value !== '')
      errors.push(invalid(`${place}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    if (!operator || operator === 'Equal') {
      const problems = labelValueProblems(value);
      if (problems.length > 0) addFindings(errors, problemsAt(`${place}.operator`, value, [problems.join(';')]));
    }
    addFindings(errors, oneOf(effect, `${place}.effect`, EFFECTS, 'optional'));
  }
  return errors;
}

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.status?.qosClass;
  if (before !== undefined && pod.status?.qosClass !== undefined && pod.status.qosClass !== before) {
    errors.push(invalid('status.qosClass', pod.status.qosClass, 'field is immutable'));
  }
  const name = pod.status?.nominatedNodeName;
  if (name) addFindings(errors, dnsSubdomain(name, 'status.nominatedNodeName'));
  return errors;
}
