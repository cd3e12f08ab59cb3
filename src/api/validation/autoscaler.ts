// The rules of horizontal pod autoscalers: bounds, metrics with exactly one source, and how fast they may scale.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { parseQuantity } from '../quantity.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricTarget,
  ScalingRules,
} from '../types.ts';
import { dns1123LabelProblems, pathSegmentProblems } from './names.ts';
import { notNegative } from './numbers.ts';

const MIN_REPLICAS = 1;

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  if (spec === undefined) return [];
  const errors: FieldError[] = [];
  const { minReplicas = MIN_REPLICAS, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = spec;
  if (minReplicas < MIN_REPLICAS)
    errors.push(invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${MIN_REPLICAS}`));
  if (maxReplicas < 1) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas)
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  const group = scaleTargetRef?.kind === 'ReplicationController' ? 'optional' : 'required';
  addFindings(errors, validateReference(scaleTargetRef, 'spec.scaleTargetRef', group));
  for (const [index, metric] of metrics.entries())
    addFindings(errors, validateMetric(metric, `spec.metrics[${index}]`));
  addFindings(errors, validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp'));
  return [...errors, ...validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown')];
}

export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return (['currentReplicas', 'desiredReplicas'] as const).flatMap((field) =>
    notNegative(status?.[field], `status.${field}`),
  );
}

function validateReference(
  reference: CrossVersionObjectReference | undefined,
  at: string,
  group: 'optional' | 'required',
): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['kind', 'name'] as const) {
    const value = reference?.[field] ?? '';
    if (value === '') errors.push(required(`${at}.${field}`));
    else
      addFindings(
        errors,
        pathSegmentProblems(value).map((problem) => invalid(`${at}.${field}`, value, problem)),
      );
  }
  const version = reference?.apiVersion ?? '';
  const parts = version.split('/');
  if (parts.length > 2) errors.push(invalid(`${at}.apiVersion`, version, `unexpected GroupVersion string: ${version}`));
  else if (group === 'required' && (parts.length < 2 || parts[0] === ''))
    errors.push(invalid(`${at}.apiVersion`, version, 'apiVersion must specify API group'));
  return errors;
}

const POLICIES = ['Disabled', 'Max', 'Min'];
const POLICY_TYPES = ['Percent', 'Pods'];
const STABILIZATION_LIMIT_SECONDS = 3600;
const PERIOD_LIMIT_SECONDS = 1800;

function validateRules(rules: ScalingRules | undefined, at: string): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  const place = `${at}.stabilizationWindowSeconds`;
  if (window < 0) errors.push(invalid(place, window, 'must be greater than or equal to zero'));
  if (window > STABILIZATION_LIMIT_SECONDS)
    errors.push(invalid(place, window, `must be less than or equal to ${STABILIZATION_LIMIT_SECONDS}`));
  if (selectPolicy !== undefined && !POLICIES.includes(selectPolicy))
    errors.push(notSupported(`${at}.selectPolicy`, selectPolicy, POLICIES));
  if (policies.length === 0) errors.push(required(`${at}.policies`, 'must specify at least one Policy'));
  for (const [index, policy] of policies.entries())
    addFindings(errors, validatePolicy(policy, `${at}.policies[${index}]`));
  if (tolerance !== undefined && (parseQuantity(tolerance)?.nanos ?? 0n) < 0n)
    errors.push(invalid(`${at}.tolerance`, tolerance, 'must be greater than or equal to 0'));
  return errors;
}

function validatePolicy(policy: NonNullable<ScalingRules['policies']>[number], at: string): FieldError[] {
  const { type, value = 0, periodSeconds = 0 } = policy;
  const errors: FieldError[] = [];
  if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`${at}.type`, type, POLICY_TYPES));
  if (value <= 0) errors.push(invalid(`${at}.value`, value, 'must be greater than zero'));
  const place = `${at}.periodSeconds`;
  if (periodSeconds <= 0) errors.push(invalid(place, periodSeconds, 'must be greater than zero'));
  if (periodSeconds > PERIOD_LIMIT_SECONDS)
    errors.push(invalid(place, periodSeconds, `must be less than or equal to ${PERIOD_LIMIT_SECONDS}`));
  return errors;
}

/** The sources of a metric, by its type, in the order in which Kubernetes looks at them. */
const SOURCES = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const;

function validateMetric(metric: MetricSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = metric;
  if (!type) errors.push(required(`${at}.type`, 'must specify a metric source type'));
  const expected = Object.hasOwn(SOURCES, type ?? '') ? SOURCES[type as keyof typeof SOURCES] : undefined;
  if (expected === undefined) errors.push(notSupported(`${at}.type`, type ?? '', Object.keys(SOURCES)));
  const present = Object.values(SOURCES).filter((source) => metric[source] !== undefined);
  const [first] = present;
  if (first !== undefined) addFindings(errors, validateSource(metric, first, `${at}.${first}`));
  if (expected !== undefined && !present.includes(expected))
    errors.push(required(`${at}.${expected}`, 'must populate information for the given metric source'));
  if (present.length === 1) return errors;
  for (const extra of present.filter((source) => source !== expected))
    errors.push(forbidden(`${at}.${extra}`, 'must populate the given metric source only'));
  return errors;
}

type Source = (typeof SOURCES)[keyof typeof SOURCES];

function validateSource(metric: MetricSpec, source: Source, at: string): FieldError[] {
  const target = metric[source]?.target;
  switch (source) {
    case 'object': {
      const errors = validateReference(metric.object?.describedObject, `${at}.describedObject`, 'optional');
      addFindings(errors, validateIdentifier(metric.object?.metric?.name, at), validateTarget(target, at));
      if (target?.value === undefined && target?.averageValue === undefined)
        errors.push(required(`${at}.target.averageValue`, 'must set either a target value or averageValue'));
      return errors;
    }
    case 'external':
      return validateExternal(metric, at);
    case 'pods': {
      const errors = [...validateIdentifier(metric.pods?.metric?.name, at), ...validateTarget(target, at)];
      if (target?.averageValue === undefined)
        errors.push(required(`${at}.target.averageValue`, 'must specify a positive target averageValue'));
      return errors;
    }
    default:
      return validateUsage(metric, source, at);
  }
}

function validateExternal({ external }: MetricSpec, at: string): FieldError[] {
  const target = external?.target;
  const errors = [...validateIdentifier(external?.metric?.name, at), ...validateTarget(target, at)];
  if (target?.value === undefined && target?.averageValue === undefined) {
    const detail = 'must set either a target value for metric or a per-pod target';
    errors.push(required(`${at}.target.averageValue`, detail));
  }
  if (target?.value !== undefined && target.averageValue !== undefined) {
    const detail = 'may not set both a target value for metric and a per-pod target';
    errors.push(forbidden(`${at}.target.value`, detail));
  }
  return errors;
}

function validateUsage(metric: MetricSpec, source: 'resource' | 'containerResource', at: string): FieldError[] {
  const errors: FieldError[] = [];
  const target = metric[source]?.target;
  if (!metric[source]?.name) errors.push(required(`${at}.name`, 'must specify a resource name'));
  if (source === 'containerResource') {
    const container = metric.containerResource?.container ?? '';
    if (container === '') errors.push(required(`${at}.container`, 'must specify a container'));
    else
      addFindings(
        errors,
        dns1123LabelProblems(container).map((problem) => invalid(`${at}.container`, container, problem)),
      );
  }
  addFindings(errors, validateTarget(target, at));
  if (target?.averageUtilization === undefined && target?.averageValue === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    errors.push(required(`${at}.target.averageUtilization`, detail));
  }
  if (target?.averageUtilization !== undefined && target.averageValue !== undefined) {
    const detail = 'may not set both a target raw value and a target utilization';
    errors.push(forbidden(`${at}.target.averageValue`, detail));
  }
  return errors;
}

const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

function validateTarget(target: MetricTarget | undefined, source: string): FieldError[] {
  const at = `${source}.target`;
  const errors: FieldError[] = [];
  const { type = '', averageUtilization } = target ?? {};
  if (type === '') errors.push(required(`${at}.type`, 'must specify a metric target type'));
  if (!TARGET_TYPES.includes(type))
    errors.push(invalid(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue'] as const) {
    const value = target?.[field];
    if (value !== undefined && (parseQuantity(value)?.nanos ?? 0n) <= 0n)
      errors.push(invalid(`${at}.${field}`, value, 'must be positive'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  return errors;
}

function validateIdentifier(name: string | undefined, source: string): FieldError[] {
  const at = `${source}.metric.name`;
  if (!name) return [required(at, 'must specify a metric name')];
  return pathSegmentProblems(name).map((problem) => invalid(at, name, problem));
}
