// The rules of pods and pod specs: on creation, on update (almost nothing may change), and of their status.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, required } from '../field-error.ts';
import { cloneJson, equalJson } from '../json.ts';
import type { Container, Pod, PodSpec, Toleration } from '../types.ts';
import { type ContainerContext, validateContainer } from './container.ts';
import { labelKeyProblems, validateLabels } from './labels.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from './names.ts';
import { notNegative, oneOf, userId } from './numbers.ts';
import { validateScheduling } from './scheduling.ts';
import { validateVolumes } from './volume.ts';

export function validatePod({ spec }: Pod): FieldError[] {
  return spec === undefined ? [required('spec.containers')] : validatePodSpec(spec, 'spec');
}

const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];

export function validatePodSpec(spec: PodSpec, at: string): FieldError[] {
  const errors = validateVolumes(spec.volumes ?? [], `${at}.volumes`);
  addFindings(errors, validateContainers(spec, at));
  addFindings(errors, oneOf(spec.restartPolicy, `${at}.restartPolicy`, ['Always', 'Never', 'OnFailure'], 'required'));
  addFindings(errors, oneOf(spec.dnsPolicy, `${at}.dnsPolicy`, DNS_POLICIES, 'required'));
  if (spec.dnsPolicy === 'None' && (spec.dnsConfig?.nameservers ?? []).length === 0) {
    errors.push(
      required(`${at}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
    );
  }
  addFindings(
    errors,
    oneOf(spec.preemptionPolicy, `${at}.preemptionPolicy`, ['Never', 'PreemptLowerPriority'], 'optional'),
  );
  addFindings(errors, validateLabels(spec.nodeSelector, `${at}.nodeSelector`));
  addFindings(errors, notNegative(spec.terminationGracePeriodSeconds, `${at}.terminationGracePeriodSeconds`));
  if (spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1) {
    errors.push(
      invalid(`${at}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 'must be between 1 and 2147483647, inclusive'),
    );
  }
  for (const field of ['hostname', 'subdomain'] as const) {
    const value = spec[field];
    if (value)
      addFindings(
        errors,
        dns1123LabelProblems(value).map((problem) => invalid(`${at}.${field}`, value, problem)),
      );
  }
  for (const field of ['nodeName', 'serviceAccountName', 'priorityClassName', 'runtimeClassName'] as const) {
    const value = spec[field];
    if (value)
      addFindings(
        errors,
        dns1123SubdomainProblems(value).map((problem) => invalid(`${at}.${field}`, value, problem)),
      );
  }
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'] as const) {
    addFindings(errors, userId(spec.securityContext?.[field], `${at}.securityContext.${field}`));
  }
  if (spec.hostPID === true && spec.shareProcessNamespace === true) {
    errors.push(
      invalid(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  }
  addFindings(errors, validateScheduling(spec, at));
  return [...errors, ...validateTolerations(spec.tolerations ?? [], `${at}.tolerations`)];
}

function validateContainers(spec: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const names = new Set<string>();
  const check = (containers: readonly Container[], path: string, init: boolean): void => {
    const context: ContainerContext = { volumes, hostNetwork: spec.hostNetwork === true, init };
    for (const [index, container] of containers.entries()) {
      const place = `${path}[${index}]`;
      addFindings(errors, validateContainer(container, place, context));
      if (container.name && names.has(container.name)) errors.push(duplicate(`${place}.name`, container.name));
      names.add(container.name);
    }
  };
  if ((spec.containers ?? []).length === 0) errors.push(required(`${at}.containers`));
  check(spec.containers ?? [], `${at}.containers`, false);
  check(spec.initContainers ?? [], `${at}.initContainers`, true);
  return [...errors, ...hostPortConflicts(spec.containers ?? [], `${at}.containers`)];
}

function hostPortConflicts(containers: readonly Container[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const used = new Set<string>();
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [position, { hostPort, hostIP = '', protocol }] of ports.entries()) {
      if (!hostPort) continue;
      const identity = `${protocol}/${hostIP}/${hostPort}`;
      if (used.has(identity)) errors.push(duplicate(`${at}[${index}].ports[${position}].hostPort`, identity));
      used.add(identity);
    }
  }
  return errors;
}

const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

export function validateTolerations(tolerations: readonly Toleration[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { key, operator, value, effect, tolerationSeconds }] of tolerations.entries()) {
    const place = `${at}[${index}]`;
    if (key)
      addFindings(
        errors,
        labelKeyProblems(key).map((problem) => invalid(`${place}.key`, key, problem)),
      );
    else if (operator !== 'Exists') {
      errors.push(
        invalid(
          `${place}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(
        invalid(`${place}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      );
    }
    addFindings(errors, oneOf(operator, `${place}.operator`, ['Equal', 'Exists', 'Gt', 'Lt'], 'optional'));
    if (operator === 'Exists' && value)
      errors.push(invalid(`${place}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    addFindings(errors, oneOf(effect, `${place}.effect`, EFFECTS, 'optional'));
  }
  return errors;
}

const UPDATE_MESSAGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate({ spec }: Pod, { spec: old }: Pod): FieldError[] {
  if (spec === undefined || old === undefined) return [];
  const errors = [...validateDeadline(spec, old), ...validateAddedTolerations(spec, old)];
  for (const field of ['containers', 'initContainers'] as const) {
    if ((spec[field] ?? []).length !== (old[field] ?? []).length) {
      errors.push(forbidden(`spec.${field}`, 'pod updates may not add or remove containers'));
      return errors;
    }
  }
  // Everything that may change is made equal; what is still different may not.
  const rest = cloneJson(spec);
  for (const field of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (rest[field] ?? []).entries()) {
      const image = old[field]?.[index]?.image;
      if (image !== undefined) container.image = image;
    }
  }
  for (const field of ['activeDeadlineSeconds', 'tolerations'] as const) assignOrDelete(rest, old, field);
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    assignOrDelete(rest, old, 'terminationGracePeriodSeconds');
  }
  if ((old.schedulingGates?.length ?? 0) > 0 && isShrunkGates(spec, old)) assignOrDelete(rest, old, 'schedulingGates');
  if (!equalJson(rest, old)) errors.push(forbidden('spec', `${UPDATE_MESSAGE}${describeDifference(rest, old)}`));
  return errors;
}

/** Names the fields, so that a user finds the one that was changed. */
function describeDifference(spec: PodSpec, old: PodSpec): string {
  const keys = [...new Set([...Object.keys(spec), ...Object.keys(old)])] as (keyof PodSpec)[];
  const changed = keys.filter((key) => !equalJson(spec[key], old[key])).sort();
  return `\nchanged: ${changed.map((key) => `spec.${key}`).join(', ')}`;
}

function assignOrDelete<Key extends keyof PodSpec>(target: PodSpec, source: PodSpec, key: Key): void {
  const value = source[key];
  if (value === undefined) delete target[key];
  else target[key] = value;
}

function isShrunkGates(spec: PodSpec, old: PodSpec): boolean {
  const known = new Set(old.schedulingGates?.map(({ name }) => name));
  return (spec.schedulingGates ?? []).every(({ name }) => known.has(name));
}

function validateDeadline(spec: PodSpec, old: PodSpec): FieldError[] {
  const deadline = spec.activeDeadlineSeconds;
  const before = old.activeDeadlineSeconds;
  if (before === undefined || deadline === before) return [];
  if (deadline === undefined)
    return [invalid('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value')];
  if (deadline > before)
    return [invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value')];
  return [];
}

function validateAddedTolerations(spec: PodSpec, old: PodSpec): FieldError[] {
  const bare = ({ tolerationSeconds: _, ...rest }: Toleration): unknown => rest;
  const missing = (old.tolerations ?? []).some(
    (before) => !(spec.tolerations ?? []).some((one) => equalJson(bare(one), bare(before))),
  );
  return missing
    ? [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
    : [];
}

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.status?.qosClass;
  if (before !== undefined && pod.status?.qosClass !== undefined && pod.status.qosClass !== before) {
    errors.push(invalid('status.qosClass', pod.status.qosClass, 'field is immutable'));
  }
  const name = pod.status?.nominatedNodeName;
  if (name)
    addFindings(
      errors,
      dns1123SubdomainProblems(name).map((problem) => invalid('status.nominatedNodeName', name, problem)),
    );
  return errors;
}
