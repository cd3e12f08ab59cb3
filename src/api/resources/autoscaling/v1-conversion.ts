// autoscaling/v1 and v2 of one autoscaler. What v1 has no field for travels in four annotations, in the shapes that
// Kubernetes gives them there. v1 lists the metric of its own field first and does not say of which type a target is; all
// else survives the way there and back. Annotations are anybody's to write: one that cannot be read is as good as none.
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { KubeObject, ObjectMeta } from '../../object.ts';
import { metricsFromV1, metricsToV1 } from './v1-metrics.ts';

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const TRAVELLERS: readonly string[] = [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS];

/** The metadata without the four annotations: itself, where it has none of them. */
export function withoutTravellers(metadata: ObjectMeta): ObjectMeta {
  const { annotations } = metadata;
  if (annotations === undefined || !TRAVELLERS.some((name) => Object.hasOwn(annotations, name))) return metadata;
  return withAnnotations(metadata, {});
}

function withAnnotations(metadata: ObjectMeta, added: Readonly<Record<string, string>>): ObjectMeta {
  const { annotations = {}, ...rest } = metadata;
  const kept = Object.entries(annotations).filter(([name]) => !TRAVELLERS.includes(name));
  const all = { ...Object.fromEntries(kept), ...added };
  return Object.keys(all).length === 0 ? rest : { ...rest, annotations: all };
}

interface Autoscaler extends KubeObject {
  spec?: JsonObject;
  status?: JsonObject;
}

export function toV1(object: KubeObject): KubeObject {
  const { metadata = {}, spec, status, ...rest } = object as Autoscaler;
  const { metrics, behavior, ...commonSpec } = spec ?? {};
  const { currentMetrics, conditions, ...commonStatus } = status ?? {};
  const cpu = listOf(metrics).find((metric) => utilizationOf(metric, 'target') !== undefined);
  const others = listOf(metrics).filter((metric) => metric !== cpu);
  const travelling: Record<string, string> = {};
  if (others.length > 0) travelling[METRICS] = textOf(metricsToV1(others, 'spec'));
  if (behavior !== undefined) travelling[BEHAVIOR] = textOf(renamed(behavior, capitalized));
  if (listOf(currentMetrics).length > 0)
    travelling[CURRENT_METRICS] = textOf(metricsToV1(listOf(currentMetrics), 'status'));
  if (listOf(conditions).length > 0) travelling[CONDITIONS] = textOf([...listOf(conditions)]);
  const targeted = utilizationOf(cpu, 'target');
  const used = listOf(currentMetrics)
    .map((metric) => utilizationOf(metric, 'current'))
    .find((percent) => percent !== undefined);
  return withoutUndefined({
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, travelling),
    spec: spec && withoutUndefined({ ...commonSpec, targetCPUUtilizationPercentage: targeted }),
    status: status && withoutUndefined({ currentReplicas: 0, ...commonStatus, currentCPUUtilizationPercentage: used }),
  });
}

export function toV2(object: KubeObject): KubeObject {
  const { metadata = {}, spec, status, ...rest } = object as Autoscaler;
  const annotations = metadata.annotations ?? {};
  const read = (name: string): Json | undefined =>
    Object.hasOwn(annotations, name) ? parsed(annotations[name] ?? '') : undefined;
  const { targetCPUUtilizationPercentage: targeted, ...commonSpec } = spec ?? {};
  const { currentCPUUtilizationPercentage: used, ...commonStatus } = status ?? {};
  const metrics = [...cpuMetric('target', targeted), ...(metricsFromV1(read(METRICS), 'spec') ?? [])];
  const currentMetrics = metricsFromV1(read(CURRENT_METRICS), 'status') ?? cpuMetric('current', used);
  const v2Spec = { ...commonSpec, metrics: nonEmpty(metrics), behavior: behaviorFrom(read(BEHAVIOR)) };
  const v2Status = {
    ...commonStatus,
    // v1 always says how many there are; v2 leaves out that there are none.
    currentReplicas: commonStatus['currentReplicas'] || undefined,
    currentMetrics: nonEmpty(currentMetrics),
    conditions: nonEmpty(conditionsFrom(read(CONDITIONS))),
  };
  return withoutUndefined({
    ...rest,
    apiVersion: 'autoscaling/v2',
    metadata: withoutTravellers(metadata),
    spec: spec && withoutUndefined(v2Spec),
    status: status && withoutUndefined(v2Status),
  });
}

/** Members in order, so that equal values are equal texts: an update that changes nothing is known by that. */
function textOf(value: Json): string {
  return JSON.stringify(value, (_, member: Json) =>
    isJsonObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : [];
}

function nonEmpty(list: JsonObject[]): JsonObject[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** The percentage of a cpu metric that has one: what v1 has a field for. */
function utilizationOf(metric: JsonObject | undefined, side: 'target' | 'current'): Json | undefined {
  const source = metric?.['resource'];
  if (metric?.['type'] !== 'Resource' || !isJsonObject(source) || source['name'] !== 'cpu') return undefined;
  const measured = source[side];
  return isJsonObject(measured) ? measured['averageUtilization'] : undefined;
}

function cpuMetric(side: 'target' | 'current', percent: Json | undefined): JsonObject[] {
  if (percent === undefined) return [];
  const measured = side === 'target' ? { type: 'Utilization' } : {};
  return [{ type: 'Resource', resource: { name: 'cpu', [side]: { ...measured, averageUtilization: percent } } }];
}

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const uncapitalized = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Kubernetes writes behavior with the names of its Go fields. */
function renamed(value: Json, rename: (name: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isJsonObject(value)) return value;
  const present = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(present.map(([name, member]) => [rename(name), renamed(member, rename)]));
}

/** The rules that are well-formed; undefined where there are none. */
function behaviorFrom(value: Json | undefined): JsonObject | undefined {
  const behavior = value === undefined ? undefined : renamed(value, uncapitalized);
  if (!isJsonObject(behavior)) return undefined;
  const rules = (['scaleUp', 'scaleDown'] as const).filter((side) => isRules(behavior[side]));
  return rules.length === 0 ? undefined : Object.fromEntries(rules.map((side) => [side, behavior[side] as Json]));
}

function isRules(value: Json | undefined): boolean {
  if (!isJsonObject(value)) return false;
  return hasOnly(value, {
    stabilizationWindowSeconds: Number.isInteger,
    selectPolicy: isText,
    tolerance: isText,
    policies: (list) =>
      Array.isArray(list) &&
      list.every(
        (policy) =>
          isJsonObject(policy) &&
          hasOnly(policy, { type: isText, value: Number.isInteger, periodSeconds: Number.isInteger }),
      ),
  });
}

function conditionsFrom(value: Json | undefined): JsonObject[] {
  const fields = { type: isText, status: isText, reason: isText, message: isText, lastTransitionTime: isTime };
  return listOf(value).filter((condition) => hasOnly(condition, fields));
}

function hasOnly(value: JsonObject, fields: Readonly<Record<string, (member: Json) => boolean>>): boolean {
  return Object.entries(value).every(
    ([name, member]) => Object.hasOwn(fields, name) && fields[name]?.(member) === true,
  );
}

function isText(value: Json): boolean {
  return typeof value === 'string';
}

function isTime(value: Json): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function withoutUndefined(object: Record<string, unknown>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;
}
