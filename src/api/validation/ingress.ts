// The rules of ingresses and their classes: hosts, paths, backends, and what an ingress class points to.
import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressRule } from '../cluster-types.ts';
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, problemsAt, required, tooLong } from '../field-error.ts';
import { domainPrefixedPath, wildcardSubdomainProblems } from './domains.ts';
import { ipProblems, parseIp } from './ip.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems, pathSegmentProblems, portNameProblems } from './names.ts';
import { portNumber } from './numbers.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const FORBIDDEN_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_ENDINGS = ['/..', '/.'];
const CONTROLLER_LIMIT = 250;
export const INGRESS_CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export function validateIngress({ spec = {} }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined)
    errors.push(invalid('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (defaultBackend !== undefined) addFindings(errors, validateBackend(defaultBackend, 'spec.defaultBackend'));
  for (const [index, rule] of rules.entries()) addFindings(errors, validateRule(rule, `spec.rules[${index}]`));
  for (const [index, { hosts = [], secretName }] of tls.entries()) {
    const at = `spec.tls[${index}]`;
    for (const [position, host] of hosts.entries()) {
      const check = host.includes('*') ? wildcardSubdomainProblems : dns1123SubdomainProblems;
      addFindings(errors, problemsAt(`${at}.hosts[${position}]`, host, check(host)));
    }
    if (secretName)
      addFindings(errors, problemsAt(`${at}.secretName`, secretName, dns1123SubdomainProblems(secretName)));
  }
  if (ingressClassName !== undefined) {
    const problems = dns1123SubdomainProblems(ingressClassName);
    addFindings(errors, problemsAt('spec.ingressClassName', ingressClassName, problems));
  }
  return errors;
}

/** The annotation of before ingressClassName may not contradict it in new objects. */
export function validateIngressClassAnnotation({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata?.annotations?.[INGRESS_CLASS_ANNOTATION];
  if (annotation === undefined || spec?.ingressClassName === undefined || annotation === spec.ingressClassName)
    return [];
  const field = `annotations.${INGRESS_CLASS_ANNOTATION}`;
  return [invalid(field, annotation, 'must match `ingressClassName` when both are specified')];
}

function validateRule({ host, http }: IngressRule, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (host) {
    if (parseIp(host) !== undefined) errors.push(invalid(`${at}.host`, host, 'must be a DNS name, not an IP address'));
    const check = host.includes('*') ? wildcardSubdomainProblems : dns1123SubdomainProblems;
    addFindings(errors, problemsAt(`${at}.host`, host, check(host)));
  }
  if (http === undefined) return errors;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${at}.http.paths`));
  for (const [index, path] of paths.entries()) addFindings(errors, validatePath(path, `${at}.http.paths[${index}]`));
  return errors;
}

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, at: string): FieldError[] {
  if (!pathType) return [required(`${at}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  const exact = pathType === 'Exact' || pathType === 'Prefix';
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, PATH_TYPES));
  else if (!path.startsWith('/') && (exact || path !== ''))
    errors.push(invalid(`${at}.path`, path, 'must be an absolute path'));
  if (exact) {
    for (const sequence of FORBIDDEN_SEQUENCES)
      if (path.includes(sequence)) errors.push(invalid(`${at}.path`, path, `must not contain '${sequence}'`));
    for (const ending of FORBIDDEN_ENDINGS)
      if (path.endsWith(ending)) errors.push(invalid(`${at}.path`, path, `cannot end with '${ending}'`));
  }
  addFindings(errors, validateBackend(backend ?? {}, `${at}.backend`));
  return errors;
}

function validateBackend({ resource, service }: IngressBackend, at: string): FieldError[] {
  if (resource !== undefined && service !== undefined)
    return [invalid(at, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) return validateReference(resource, `${at}.resource`);
  if (service === undefined) return [invalid(at, '', 'resource or service backend is required')];
  const errors: FieldError[] = [];
  const { name = '', port } = service;
  if (name === '') errors.push(required(`${at}.service.name`));
  else addFindings(errors, problemsAt(`${at}.service.name`, name, dns1123LabelProblems(name)));
  if (port?.name && port.number) errors.push(invalid(at, '', 'cannot set both port name & port number'));
  else if (port?.name)
    addFindings(errors, problemsAt(`${at}.service.port.name`, port.name, portNameProblems(port.name)));
  else if (port?.number) addFindings(errors, portNumber(port.number, `${at}.service.port.number`));
  else errors.push(required(at, 'port name or number is required'));
  return errors;
}

function validateReference(reference: { apiGroup?: string; kind?: string; name?: string }, at: string): FieldError[] {
  const { apiGroup, kind = '', name = '' } = reference;
  const errors: FieldError[] = [];
  if (apiGroup !== undefined)
    addFindings(errors, problemsAt(`${at}.apiGroup`, apiGroup, dns1123SubdomainProblems(apiGroup)));
  if (kind === '') errors.push(required(`${at}.kind`));
  else addFindings(errors, problemsAt(`${at}.kind`, kind, pathSegmentProblems(kind)));
  if (name === '') errors.push(required(`${at}.name`));
  else addFindings(errors, problemsAt(`${at}.name`, name, pathSegmentProblems(name)));
  return errors;
}

export function validateIngressStatus({ status }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const at = `status.loadBalancer.ingress[${index}]`;
    if (ip) {
      // An older field: any text of the address will do.
      const problems = ipProblems(ip).filter((problem) => !problem.startsWith('must be in canonical form'));
      addFindings(errors, problemsAt(`${at}.ip`, ip, problems));
    }
    if (!hostname) continue;
    addFindings(errors, problemsAt(`${at}.hostname`, hostname, dns1123SubdomainProblems(hostname)));
    if (parseIp(hostname) !== undefined)
      errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
  }
  return errors;
}

export function validateIngressClass({ spec = {} }: IngressClass): FieldError[] {
  const errors: FieldError[] = [];
  const { controller = '', parameters } = spec;
  if (controller.length > CONTROLLER_LIMIT) errors.push(tooLong('spec.controller', CONTROLLER_LIMIT));
  addFindings(errors, domainPrefixedPath(controller, 'spec.controller'));
  if (parameters === undefined) return errors;
  const at = 'spec.parameters';
  addFindings(errors, validateReference(parameters, at));
  const { scope = '', namespace } = parameters;
  if (scope === '') errors.push(required(`${at}.scope`));
  else if (scope !== 'Cluster' && scope !== 'Namespace')
    errors.push(notSupported(`${at}.scope`, scope, ['Cluster', 'Namespace']));
  if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else addFindings(errors, problemsAt(`${at}.namespace`, namespace, dns1123LabelProblems(namespace)));
  }
  if (scope === 'Cluster' && namespace !== undefined)
    errors.push(forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}
