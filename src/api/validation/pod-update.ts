// What of a pod may change once it is there: through the pod itself almost nothing, through its subresources
// ephemeralcontainers and resize the one thing that each is for.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, required } from '../field-error.ts';
import { cloneJson, equalJson, isEmptyJson, putBack } from '../json.ts';
import { qosClassOf } from '../qos.ts';
import type { Container, Pod, PodSpec, ResourceRequirements, Toleration } from '../types.ts';
import { DEADLINE_SECONDS_MAX } from './pod.ts';

const UPDATE_MESSAGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const CONTAINER_LISTS = ['containers', 'initContainers'] as const;

export function validatePodUpdate({ spec }: Pod, { spec: old }: Pod): FieldError[] {
  if (spec === undefined || old === undefined) return [];
  for (const field of CONTAINER_LISTS) {
    if ((spec[field] ?? []).length !== (old[field] ?? []).length)
      return [forbidden(`spec.${field}`, 'pod updates may not add or remove containers')];
  }
  const errors = validateDeadline(spec, old);
  addFindings(errors, validateAddedTolerations(spec, old), validateRemovedGates(spec, old));
  const rest = immutableRest(spec, old);
  if ((old.schedulingGates ?? []).length > 0) addFindings(errors, validateGatedChanges(rest, old));
  if (!equalJson(rest, old)) errors.push(forbidden('spec', `${UPDATE_MESSAGE}${describeDifference(rest, old)}`));
  return errors;
}

/** The new spec with everything put back that may change: what then still differs may not. */
function immutableRest(spec: PodSpec, old: PodSpec): PodSpec {
  const rest = cloneJson(spec);
  for (const field of CONTAINER_LISTS) {
    for (const [index, container] of (rest[field] ?? []).entries()) {
      const image = old[field]?.[index]?.image;
      if (image !== undefined) container.image = image;
    }
  }
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'] as const) putBack(rest, old, field);
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    putBack(rest, old, 'terminationGracePeriodSeconds');
  }
  return rest;
}

/** A pod that waits at a gate may still be told more narrowly where to go. Puts back in `rest` what it has judged. */
function validateGatedChanges(rest: PodSpec, old: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.nodeSelector ?? {};
  const kept = Object.entries(before).every(([key, value]) => rest.nodeSelector?.[key] === value);
  if (!kept) {
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalid('spec.nodeSelector', rest.nodeSelector ?? null, detail));
  }
  putBack(rest, old, 'nodeSelector');
  const affinity = rest.affinity?.nodeAffinity;
  const affinityBefore = old.affinity?.nodeAffinity;
  if (equalJson(affinity, affinityBefore)) return errors;
  addFindings(errors, validateNarrowedAffinity(affinity, affinityBefore));
  const { nodeAffinity: _, ...others } = rest.affinity ?? {};
  const restored = affinityBefore === undefined ? others : { ...others, nodeAffinity: affinityBefore };
  if (isEmptyJson(restored) && old.affinity === undefined) delete rest.affinity;
  else rest.affinity = restored;
  return errors;
}

type NodeAffinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;

/** Terms are alternatives: none may be added or dropped; within each, requirements may be added. */
function validateNarrowedAffinity(next: NodeAffinity | undefined, old: NodeAffinity | undefined): FieldError[] {
  const before = old?.requiredDuringSchedulingIgnoredDuringExecution;
  if (before === undefined) return [];
  const at = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution';
  const terms = next?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length !== before.nodeSelectorTerms.length) {
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    return [invalid(`${at}.nodeSelectorTerms`, terms, detail)];
  }
  const errors: FieldError[] = [];
  for (const [index, term] of before.nodeSelectorTerms.entries()) {
    const narrowed = terms[index] ?? {};
    // An empty term selects nothing: with requirements it would select something.
    const woken = isEmptyJson(term) && !isEmptyJson(narrowed);
    const kept = (['matchExpressions', 'matchFields'] as const).every((field) =>
      (term[field] ?? []).every((one, position) => equalJson(one, narrowed[field]?.[position])),
    );
    if (kept && !woken) continue;
    const detail = 'only additions are allowed (no mutations or deletions)';
    errors.push(invalid(`${at}.nodeSelectorTerms[${index}]`, narrowed, detail));
  }
  return errors;
}

/** Names the fields, so that a user finds the one that was changed. */
function describeDifference(spec: PodSpec, old: PodSpec): string {
  const keys = [...new Set([...Object.keys(spec), ...Object.keys(old)])] as (keyof PodSpec)[];
  const changed = keys.filter((key) => !equalJson(spec[key], old[key])).sort();
  return `\nchanged: ${changed.map((key) => `spec.${key}`).join(', ')}`;
}

function validateDeadline(spec: PodSpec, old: PodSpec): FieldError[] {
  const at = 'spec.activeDeadlineSeconds';
  const deadline = spec.activeDeadlineSeconds;
  const before = old.activeDeadlineSeconds;
  if (deadline === before) return [];
  if (deadline === undefined) return [invalid(at, null, 'must not update from a positive integer to nil value')];
  if (deadline < 0 || deadline > DEADLINE_SECONDS_MAX)
    return [invalid(at, deadline, `must be between 0 and ${DEADLINE_SECONDS_MAX}, inclusive`)];
  if (before !== undefined && deadline > before)
    return [invalid(at, deadline, 'must be less than or equal to previous value')];
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

function validateRemovedGates(spec: PodSpec, old: PodSpec): FieldError[] {
  const known = new Set(old.schedulingGates?.map(({ name }) => name));
  const errors: FieldError[] = [];
  for (const [index, { name }] of (spec.schedulingGates ?? []).entries()) {
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    if (!known.has(name)) errors.push(forbidden(`spec.schedulingGates[${index}].name`, detail));
  }
  return errors;
}

/** How Kubernetes writes the path of a finding about the whole object. */
const WHOLE = '[]';
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

function isStatic({ metadata }: Pod): boolean {
  return metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined;
}

/** Containers may be added to look into the pod; those that are there stay as they are. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (isStatic(old)) return [forbidden(WHOLE, 'static pods do not support ephemeral containers')];
  const at = 'spec.ephemeralContainers';
  const errors: FieldError[] = [];
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const container = pod.spec?.ephemeralContainers?.find(({ name }) => name === before.name);
    const named = `existing ephemeral containers ${JSON.stringify(before.name)}`;
    if (container === undefined) errors.push(forbidden(at, `${named} may not be removed\n`));
    else if (!equalJson(container, before)) errors.push(forbidden(at, `${named} may not be changed\n`));
  }
  return errors;
}

/** CPU and memory of containers that run; `pod` differs from `old` in resources and resize policies at most. */
export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  const { spec } = pod;
  const before = old.spec;
  if (spec === undefined || before === undefined) return [required('spec')];
  if (isStatic(old)) return [forbidden(WHOLE, 'static pods cannot be resized')];
  if (before.os?.name === 'windows') return [forbidden(WHOLE, 'windows pods cannot be resized')];
  if (!isEmptyJson(before.resources) || !isEmptyJson(spec.resources))
    return [forbidden(WHOLE, 'pods with pod-level resources cannot be resized')];
  const names = (list: readonly Container[] | undefined): string[] => (list ?? []).map(({ name }) => name);
  for (const field of CONTAINER_LISTS) {
    const [next, known] = [names(spec[field]), names(before[field])];
    if (next.length !== known.length)
      return [forbidden(`spec.${field}`, 'containers may not be added or removed on resize')];
    if (!equalJson(next, known)) return [forbidden('spec', 'containers may not be renamed or reordered on resize')];
  }
  const errors: FieldError[] = [];
  if (qosClassOf(spec) !== (old.status?.qosClass ?? qosClassOf(before))) {
    const detail = 'Pod QOS Class may not change as a result of resizing';
    errors.push(invalid('spec', pod.status?.qosClass ?? '', detail));
  }
  if (!isResizeReported(old)) errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  for (const field of CONTAINER_LISTS) {
    for (const [index, container] of (spec[field] ?? []).entries()) {
      const known = before[field]?.[index];
      if (known !== undefined) addFindings(errors, resizeContainer(container, known, field, index));
    }
  }
  return errors;
}

/** A node that can resize reports what its containers have; before any runs, nobody knows. */
function isResizeReported({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function resizeContainer(
  container: Container,
  old: Container,
  list: (typeof CONTAINER_LISTS)[number],
  index: number,
): FieldError[] {
  const errors: FieldError[] = [];
  if (list === 'initContainers' && container.restartPolicy !== 'Always') {
    if (!equalJson(container, old))
      errors.push(forbidden('spec', 'resources for non-sidecar init containers are immutable'));
    return errors;
  }
  const at = `spec.${list}[${index}].resources`;
  for (const field of ['requests', 'limits'] as const) {
    const left = Object.keys(old.resources?.[field] ?? {}).filter(
      (name) => container.resources?.[field]?.[name] === undefined,
    );
    if (left.length > 0) errors.push(forbidden(`${at}.${field}`, `resource ${field} cannot be removed`));
  }
  const fixed = list === 'containers' ? '' : ' for sidecar containers';
  if (!equalJson(withoutResizable(container), withoutResizable(old)))
    errors.push(forbidden('spec', `only cpu and memory resources${fixed} are mutable`));
  return errors;
}

/** Everything but the amounts of CPU and memory. */
function withoutResizable({ resources, ...rest }: Container): unknown {
  const bare = (amounts: ResourceRequirements['limits']): unknown => {
    const { cpu: _cpu, memory: _memory, ...others } = amounts ?? {};
    return others;
  };
  const { limits, requests, ...others } = resources ?? {};
  return { ...rest, resources: { ...others, limits: bare(limits), requests: bare(requests) } };
}
