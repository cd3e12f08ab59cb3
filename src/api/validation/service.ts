// The rules of services: ports, addresses, and what an update may not change.
import { isIP } from 'node:net';
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import type { Service, ServicePort, ServiceSpec } from '../types.ts';
import { validateLabels } from './labels.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from './names.ts';
import { oneOf, portNumber, portReference, protocol } from './numbers.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITY_LIMIT_SECONDS = 86_400;
const IP_MESSAGE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export function validateService({ spec }: Service): FieldError[] {
  if (spec === undefined) return [required('spec.ports')];
  const errors: FieldError[] = [];
  const headless = spec.clusterIP === 'None';
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  addFindings(errors, validatePorts(ports, spec));
  addFindings(errors, validateLabels(spec.selector, 'spec.selector'));
  addFindings(errors, oneOf(spec.type, 'spec.type', TYPES, 'required'));
  addFindings(errors, oneOf(spec.sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None'], 'required'));
  addFindings(
    errors,
    oneOf(spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', ['Cluster', 'Local'], 'optional'),
  );
  addFindings(
    errors,
    oneOf(spec.externalTrafficPolicy, 'spec.externalTrafficPolicy', ['Cluster', 'Local'], 'optional'),
  );
  if (spec.healthCheckNodePort && !needsHealthCheck(spec)) {
    const when = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid('spec.healthCheckNodePort', spec.healthCheckNodePort, when));
  }
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
  addFindings(errors, oneOf(spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', policies, 'optional'));
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (timeout !== undefined && (timeout <= 0 || timeout > AFFINITY_LIMIT_SECONDS)) {
    const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    errors.push(invalid(field, timeout, `must be greater than 0 and less than ${AFFINITY_LIMIT_SECONDS}`));
  }
  return [...errors, ...validateAddresses(spec)];
}

function validateAddresses(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP) errors.push(forbidden('spec.clusterIP', 'may not be set for ExternalName services'));
    const name = (spec.externalName ?? '').replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else
      addFindings(
        errors,
        dns1123SubdomainProblems(name).map((problem) => invalid('spec.externalName', spec.externalName, problem)),
      );
  }
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === 'None' && index === 0) continue;
    if (isIP(address) === 0) errors.push(invalid(`spec.clusterIPs[${index}]`, address, IP_MESSAGE));
  }
  if (spec.clusterIP && spec.clusterIPs !== undefined && spec.clusterIPs[0] !== spec.clusterIP) {
    errors.push(invalid('spec.clusterIPs', spec.clusterIPs, 'first value must match `clusterIP`'));
  }
  if (spec.clusterIP === 'None' && (spec.type === 'NodePort' || spec.type === 'LoadBalancer')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    const field = `spec.externalIPs[${index}]`;
    if (isIP(address) === 0) errors.push(invalid(field, address, IP_MESSAGE));
    else if (/^(127\.|169\.254\.|0\.0\.0\.0$|::1$)/.test(address)) {
      errors.push(invalid(field, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
    }
  }
  return errors;
}

function validatePorts(ports: readonly ServicePort[], spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    if (!port.name && ports.length > 1) errors.push(required(`${at}.name`));
    if (port.name) {
      addFindings(
        errors,
        dns1123LabelProblems(port.name).map((problem) => invalid(`${at}.name`, port.name, problem)),
      );
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    addFindings(errors, portNumber(port.port, `${at}.port`));
    addFindings(errors, protocol(port.protocol, `${at}.protocol`));
    if (spec.clusterIP !== 'None') addFindings(errors, portReference(port.targetPort, `${at}.targetPort`));
    if (port.nodePort) {
      if (spec.type === 'ClusterIP' || spec.type === 'ExternalName') {
        errors.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
      }
      const identity = `${port.protocol}/${port.nodePort}`;
      if (nodePorts.has(identity)) errors.push(duplicate(`${at}.nodePort`, port.nodePort));
      nodePorts.add(identity);
    }
    const identity = `${port.protocol}/${port.port}`;
    if (numbers.has(identity)) errors.push(duplicate(at, { protocol: port.protocol, port: port.port }));
    numbers.add(identity);
  }
  return errors;
}

/** Whether its balancer asks each node for pods of its own. */
export function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

export function validateServiceUpdate({ spec }: Service, { spec: old }: Service): FieldError[] {
  if (spec === undefined || old === undefined) return [];
  const errors: FieldError[] = [];
  const kept = spec.type !== 'ExternalName' && old.type !== 'ExternalName';
  if (kept && old.clusterIP && spec.clusterIP !== old.clusterIP) {
    errors.push(invalid('spec.clusterIPs[0]', spec.clusterIPs ?? null, 'may not change once set'));
  }
  const port = old.healthCheckNodePort || spec.healthCheckNodePort;
  if (needsHealthCheck(spec) && needsHealthCheck(old) && spec.healthCheckNodePort !== port)
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  const families = old.ipFamilies?.[0];
  if (kept && families !== undefined && spec.ipFamilies !== undefined && !equalJson(spec.ipFamilies[0], families)) {
    errors.push(invalid('spec.ipFamilies[0]', spec.ipFamilies[0], 'may not change once set'));
  }
  return errors;
}
