// The metrics of autoscalers in the two shapes they have: v2 groups what v1 has in flat fields. One table of names serves
// both directions; what is read from v1, where it is text in an annotation, is checked leaf by leaf.
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { formatQuantity, parseQuantity } from '../../quantity.ts';

type Side = 'spec' | 'status';
/** Path in v2 → field in v1. */
type Names = Readonly<Record<string, string>>;

const METRIC = { 'metric.name': 'metricName' };
const SELECTED = { ...METRIC, 'metric.selector': 'selector' };
const OBJECT = { ...SELECTED, describedObject: 'target' };
const EXTERNAL = { ...METRIC, 'metric.selector': 'metricSelector' };
const TARGET_USAGE = {
  name: 'name',
  'target.averageUtilization': 'targetAverageUtilization',
  'target.averageValue': 'targetAverageValue',
};
const CURRENT_USAGE = {
  name: 'name',
  'current.averageUtilization': 'currentAverageUtilization',
  'current.averageValue': 'currentAverageValue',
};

const SOURCES: Readonly<Record<Side, Readonly<Record<string, Names>>>> = {
  spec: {
    object: { ...OBJECT, 'target.value': 'targetValue', 'target.averageValue': 'averageValue' },
    pods: { ...SELECTED, 'target.averageValue': 'targetAverageValue' },
    resource: TARGET_USAGE,
    containerResource: { ...TARGET_USAGE, container: 'container' },
    external: { ...EXTERNAL, 'target.value': 'targetValue', 'target.averageValue': 'targetAverageValue' },
  },
  status: {
    object: { ...OBJECT, 'current.value': 'currentValue', 'current.averageValue': 'averageValue' },
    pods: { ...SELECTED, 'current.averageValue': 'currentAverageValue' },
    resource: CURRENT_USAGE,
    containerResource: { ...CURRENT_USAGE, container: 'container' },
    external: { ...EXTERNAL, 'current.value': 'currentValue', 'current.averageValue': 'currentAverageValue' },
  },
};

export function metricsToV1(metrics: readonly JsonObject[], side: Side): JsonObject[] {
  return metrics.map((metric) => {
    const result: JsonObject = { type: metric['type'] ?? '' };
    for (const [source, names] of Object.entries(SOURCES[side])) {
      const content = metric[source];
      if (isJsonObject(content)) result[source] = flattened(content, names);
    }
    return result;
  });
}

function flattened(content: JsonObject, names: Names): JsonObject {
  const result: JsonObject = {};
  for (const [path, field] of Object.entries(names)) {
    const [group = '', member] = path.split('.');
    const outer = content[group];
    const value = member === undefined ? outer : isJsonObject(outer) ? outer[member] : undefined;
    if (value !== undefined) result[field] = value;
  }
  return result;
}

/** Undefined when anything in it is not as it should be. */
export function metricsFromV1(value: Json | undefined, side: Side): JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const metrics: JsonObject[] = [];
  for (const metric of value) {
    const read = isJsonObject(metric) ? metricFromV1(metric, side) : undefined;
    if (read === undefined) return undefined;
    metrics.push(read);
  }
  return metrics;
}

function metricFromV1(metric: JsonObject, side: Side): JsonObject | undefined {
  if (typeof metric['type'] !== 'string') return undefined;
  const result: JsonObject = { type: metric['type'] };
  for (const [source, names] of Object.entries(SOURCES[side])) {
    const content = metric[source];
    if (content === undefined || content === null) continue;
    const grouped = isJsonObject(content) ? groupedFrom(content, names) : undefined;
    if (grouped === undefined) return undefined;
    if (side === 'spec') grouped['target'] = withType(grouped['target']);
    result[source] = grouped;
  }
  return result;
}

function groupedFrom(content: JsonObject, names: Names): JsonObject | undefined {
  const result: JsonObject = {};
  for (const [path, field] of Object.entries(names)) {
    const value = content[field];
    if (value === undefined || value === null) continue;
    const [group = '', member] = path.split('.');
    const leaf = LEAVES[member ?? group]?.(value);
    if (leaf === undefined) return undefined;
    if (member === undefined) result[group] = leaf;
    else {
      const outer = result[group];
      result[group] = { ...(isJsonObject(outer) ? outer : {}), [member]: leaf };
    }
  }
  return result;
}

/** v1 does not say of which type a target is: its value does. */
function withType(target: Json | undefined): JsonObject {
  const values = isJsonObject(target) ? target : {};
  if (values['averageUtilization'] !== undefined) return { type: 'Utilization', ...values };
  return { type: values['averageValue'] === undefined ? 'Value' : 'AverageValue', ...values };
}

/** What a leaf must be, by its name in v2; undefined refuses. */
const LEAVES: Readonly<Record<string, (value: Json) => Json | undefined>> = {
  name: text,
  container: text,
  value: quantity,
  averageValue: quantity,
  averageUtilization: (value) => (Number.isInteger(value) ? value : undefined),
  describedObject: (value) => (isTexts(value, ['kind', 'name', 'apiVersion']) ? value : undefined),
  selector: (value) => (isSelector(value) ? value : undefined),
};

function text(value: Json): Json | undefined {
  return typeof value === 'string' ? value : undefined;
}

function quantity(value: Json): Json | undefined {
  const found = typeof value === 'string' || typeof value === 'number' ? parseQuantity(String(value)) : undefined;
  return found && formatQuantity(found);
}

function isTexts(value: Json | undefined, fields?: readonly string[]): boolean {
  if (!isJsonObject(value)) return false;
  return Object.entries(value).every(
    ([name, member]) => typeof member === 'string' && (fields === undefined || fields.includes(name)),
  );
}

function isSelector(value: Json): boolean {
  if (!isJsonObject(value)) return false;
  const { matchLabels = {}, matchExpressions = [], ...others } = value;
  return Object.keys(others).length === 0 && isTexts(matchLabels) && isRequirements(matchExpressions);
}

function isRequirements(value: Json): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((expression) => {
    if (!isJsonObject(expression)) return false;
    const { values = [], ...names } = expression;
    return (
      isTexts(names, ['key', 'operator']) && Array.isArray(values) && values.every((one) => typeof one === 'string')
    );
  });
}
