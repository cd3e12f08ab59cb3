// The rules of requests and limits: of containers, of whole pods, and what both must agree on.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { aggregateRequests } from '../pod-resources.ts';
import { compareQuantities, formatQuantity, isWhole, parseQuantity } from '../quantity.ts';
import type { Container, PodSpec, ResourceRequirements } from '../types.ts';
import { labelKeyProblems } from './labels.ts';

/** Resources that may be asked for by their short name; others need a domain. */
const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;
const HUGE_PAGES = 'hugepages-';

type Amounts = Readonly<Record<string, string>>;

/** `claims` are the names in the pod's resourceClaims. */
export function validateResources(
  resources: ResourceRequirements | undefined,
  at: string,
  claims: ReadonlySet<string>,
): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors = validateAmounts(limits, `${at}.limits`);
  addFindings(errors, validateAmounts(requests, `${at}.requests`));
  addFindings(errors, validateWithinLimits(requests, limits, at));
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some((name) => name.startsWith(HUGE_PAGES)) && !names.includes('cpu') && !names.includes('memory'))
    errors.push(forbidden(at, 'HugePages require cpu or memory'));
  return [...errors, ...validateClaims(resources?.claims ?? [], `${at}.claims`, claims)];
}

type Claim = NonNullable<ResourceRequirements['claims']>[number];

function validateClaims(used: readonly Claim[], at: string, claims: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { name, request }] of used.entries()) {
    const place = `${at}[${index}]`;
    const key = request ? `${name}/${request}` : name;
    if (!name) {
      errors.push(required(place));
      continue;
    }
    if (seen.has(key)) errors.push(duplicate(place, key));
    seen.add(key);
    if (claims.has(name)) continue;
    const known = claims.size === 0 ? ' which is empty' : `: ${[...claims].sort().join(', ')}`;
    const detail = `must be one of the names in pod.spec.resourceClaims${known}`;
    errors.push({ type: 'notFound', field: place, value: name, detail });
  }
  return errors;
}

function validateAmounts(amounts: Amounts, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, text] of Object.entries(amounts)) {
    const place = `${at}[${name}]`;
    addFindings(
      errors,
      labelKeyProblems(name).map((problem) => invalid(place, name, problem)),
    );
    if (!STANDARD.test(name) && !name.includes('/')) {
      errors.push(invalid(place, name, 'must be a standard resource type or fully qualified'));
    }
    const quantity = parseQuantity(text);
    if (quantity === undefined) continue;
    if (quantity.nanos < 0n) errors.push(invalid(place, text, 'must be greater than or equal to 0'));
    if (!STANDARD.test(name) && !isWhole(quantity)) errors.push(invalid(place, text, 'must be an integer'));
  }
  return errors;
}

/** Only Kubernetes' own resources, huge pages aside, can be promised to more than there is for. */
function isOvercommitAllowed(name: string): boolean {
  return (!name.includes('/') || name.includes('kubernetes.io/')) && !name.startsWith(HUGE_PAGES);
}

function validateWithinLimits(requests: Amounts, limits: Amounts, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, text] of Object.entries(requests)) {
    const request = parseQuantity(text);
    if (request === undefined) continue;
    const limit = Object.hasOwn(limits, name) ? parseQuantity(limits[name] ?? '') : undefined;
    if (limit === undefined) {
      if (!isOvercommitAllowed(name))
        errors.push(required(`${at}.limits`, 'Limit must be set for non overcommitable resources'));
    } else if (!isOvercommitAllowed(name) && compareQuantities(request, limit) !== 0) {
      errors.push(invalid(`${at}.requests`, text, `must be equal to ${name} limit of ${formatQuantity(limit)}`));
    } else if (compareQuantities(request, limit) > 0) {
      const detail = `must be less than or equal to ${name} limit of ${formatQuantity(limit)}`;
      errors.push(invalid(`${at}.requests`, text, detail));
    }
  }
  return errors;
}

/** A pod as a whole may ask for these. */
const POD_LEVEL = /^(cpu|memory|hugepages-.+)$/;

/** Resources of the whole pod: what its containers ask for must fit in. */
export function validatePodResources(spec: PodSpec, at: string, claims: ReadonlySet<string>): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const place = `${at}.resources`;
  const errors: FieldError[] = [];
  if (resources.claims !== undefined)
    errors.push(forbidden(`${place}.claims`, 'claims cannot be set for Resources at pod-level'));
  for (const field of ['limits', 'requests'] as const) {
    for (const name of Object.keys(resources[field] ?? {}))
      if (!POD_LEVEL.test(name))
        errors.push(notSupported(`${place}.${field}[${name}]`, name, ['cpu', 'hugepages-', 'memory']));
  }
  const { claims: _, ...amounts } = resources;
  addFindings(errors, validateResources(amounts, place, claims));
  return [...errors, ...validateContainersFit(spec, place)];
}

function validateContainersFit(spec: PodSpec, at: string): FieldError[] {
  const { limits = {}, requests = {} } = spec.resources ?? {};
  const errors: FieldError[] = [];
  for (const [name, needed] of aggregateRequests(spec)) {
    if (!POD_LEVEL.test(name)) continue;
    const request = requests[name] ?? '0';
    const given = parseQuantity(request);
    if (given !== undefined && compareQuantities(needed, given) > 0) {
      const detail = `must be greater than or equal to aggregate container requests of ${formatQuantity(needed)}`;
      errors.push(invalid(`${at}.requests[${name}]`, request, detail));
    }
  }
  for (const [index, { resources }] of (spec.containers ?? []).entries()) {
    for (const [name, text] of Object.entries(resources?.limits ?? {})) {
      const limit = parseQuantity(text);
      const whole = Object.hasOwn(limits, name) ? parseQuantity(limits[name] ?? '') : undefined;
      if (limit === undefined || whole === undefined || compareQuantities(limit, whole) <= 0) continue;
      const detail = `must be less than or equal to pod limits of ${formatQuantity(whole)}`;
      errors.push(invalid(`${at}.containers[${index}][${name}].limits`, text, detail));
    }
  }
  return errors;
}

const RESIZABLE = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

export function validateResizePolicy(
  policies: NonNullable<Container['resizePolicy']>,
  at: string,
  restartPolicy: string | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy: policy }] of policies.entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(`${at}[${index}]`, resourceName));
    seen.add(resourceName);
    if (!resourceName) errors.push(required(at));
    else if (!RESIZABLE.includes(resourceName)) errors.push(notSupported(at, resourceName, RESIZABLE));
    if (!policy) errors.push(required(at));
    else if (!RESIZE_POLICIES.includes(policy)) errors.push(notSupported(at, policy, RESIZE_POLICIES));
    if (restartPolicy === 'Never' && policy !== 'NotRequired')
      errors.push(invalid(at, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
  }
  return errors;
}
