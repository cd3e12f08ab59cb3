// The names of what can be counted: resources of containers (cpu, hugepages-2Mi, example.com/gpu), and those that quotas
// know besides (pods, requests.cpu, count/jobs.batch). And the rules of amounts of them, in Kubernetes' words.
import type { FieldError } from '../definition.ts';
import { invalid } from '../field-error.ts';
import { isWhole, parseQuantity } from '../quantity.ts';
import { labelKeyProblems } from './labels.ts';

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Objects that a quota counts by their bare name. */
const COUNTED_OBJECTS = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
]);
const QUOTA_RESOURCES = new Set([
  ...CONTAINER_RESOURCES,
  ...COUNTED_OBJECTS,
  ...['requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'requests.storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
]);

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Kubernetes' own: without a domain, or in its. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** What device plugins and administrators add to nodes: `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && labelKeyProblems(`requests.${name}`).length === 0;
}

/** How a quota names an extended resource: `requests.example.com/gpu`. */
export function isExtendedQuotaName(name: string): boolean {
  return !isNative(name) && name.startsWith('requests.');
}

export function isQuotaResource(name: string): boolean {
  return QUOTA_RESOURCES.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
}

/** Any name of a resource. */
export function validateResourceName(name: string, at: string): FieldError[] {
  const problems = labelKeyProblems(name);
  if (problems.length > 0) return problems.map((problem) => invalid(at, name, problem));
  if (name.includes('/') || isQuotaResource(name) || name === 'storage') return [];
  return [invalid(at, name, 'must be a standard resource type or fully qualified')];
}

/** What a container may ask for. */
export function validateContainerResourceName(name: string, at: string): FieldError[] {
  const errors = validateResourceName(name, at);
  if (!name.includes('/')) {
    if (!CONTAINER_RESOURCES.has(name) && !isHugePages(name))
      errors.push(invalid(at, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtendedResource(name)) {
    errors.push(invalid(at, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

/** A quota's amounts by name: spec.hard, status.hard, status.used. */
export function validateQuotaAmounts(amounts: Readonly<Record<string, string>> | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, text] of Object.entries(amounts ?? {})) {
    const place = `${at}[${name}]`;
    errors.push(...validateResourceName(name, place));
    if (!name.includes('/') && !isQuotaResource(name))
      errors.push(invalid(place, name, 'must be a standard resource for quota'));
    const quantity = parseQuantity(text);
    if (quantity === undefined) continue;
    if (quantity.nanos < 0n) errors.push(invalid(place, text, 'must be greater than or equal to 0'));
    if ((COUNTED_OBJECTS.has(name) || isExtendedResource(name)) && !isWhole(quantity))
      errors.push(invalid(place, text, 'must be an integer'));
  }
  return errors;
}
