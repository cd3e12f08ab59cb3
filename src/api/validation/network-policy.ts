// The rules of network policies: selectors, ports and their ranges, blocks of addresses.
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../cluster-types.ts';
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupportedAsListed, problemsAt, required } from '../field-error.ts';
import { cidrProblems, isStrictSubset, parseCidr } from './ip.ts';
import { validateLabelSelector } from './labels.ts';
import { PROTOCOLS, portNumber, portReference } from './numbers.ts';

const POLICY_TYPES = ['Ingress', 'Egress'];

export function validateNetworkPolicy({ spec = {} }: NetworkPolicy): FieldError[] {
  const errors = validateLabelSelector(spec.podSelector, 'spec.podSelector');
  for (const [index, rule] of (spec.ingress ?? []).entries())
    addFindings(errors, validateTraffic(rule.ports, rule.from, `spec.ingress[${index}]`, 'from'));
  for (const [index, rule] of (spec.egress ?? []).entries())
    addFindings(errors, validateTraffic(rule.ports, rule.to, `spec.egress[${index}]`, 'to'));
  const types = spec.policyTypes ?? [];
  if (types.length > POLICY_TYPES.length)
    return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  for (const [index, type] of types.entries())
    if (!POLICY_TYPES.includes(type))
      errors.push(notSupportedAsListed(`spec.policyTypes[${index}]`, type, POLICY_TYPES));
  return errors;
}

function validateTraffic(
  ports: readonly NetworkPolicyPort[] | undefined,
  peers: readonly NetworkPolicyPeer[] | undefined,
  at: string,
  direction: 'from' | 'to',
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, port] of (ports ?? []).entries()) addFindings(errors, validatePort(port, `${at}.ports[${index}]`));
  for (const [index, peer] of (peers ?? []).entries())
    addFindings(errors, validatePeer(peer, `${at}.${direction}[${index}]`));
  return errors;
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(protocol))
    errors.push(notSupportedAsListed(`${at}.protocol`, protocol, PROTOCOLS));
  if (port === undefined) {
    if (endPort !== undefined)
      errors.push(invalid(`${at}.endPort`, endPort, 'may not be specified when `port` is not specified'));
    return errors;
  }
  if (typeof port === 'string' && endPort !== undefined)
    errors.push(invalid(`${at}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
  addFindings(errors, portReference(port, `${at}.port`));
  if (typeof port === 'string' || endPort === undefined) return errors;
  if (endPort < port) errors.push(invalid(`${at}.endPort`, endPort, 'must be greater than or equal to `port`'));
  addFindings(errors, portNumber(endPort, `${at}.endPort`));
  return errors;
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, at: string): FieldError[] {
  const selected = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selected && ipBlock === undefined) return [required(at, 'must specify a peer')];
  const errors = validateLabelSelector(podSelector, `${at}.podSelector`);
  addFindings(errors, validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`));
  if (ipBlock !== undefined) addFindings(errors, validateBlock(ipBlock, `${at}.ipBlock`));
  if (selected && ipBlock !== undefined) errors.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  return errors;
}

function validateBlock({ cidr = '', except = [] }: IPBlock, at: string): FieldError[] {
  if (cidr === '') return [required(`${at}.cidr`)];
  const errors = problemsAt(`${at}.cidr`, cidr, cidrProblems(cidr, 'any'));
  const outer = parseCidr(cidr);
  if (outer === undefined) return errors;
  for (const [index, text] of except.entries()) {
    const place = `${at}.except[${index}]`;
    addFindings(errors, problemsAt(place, text, cidrProblems(text, 'any')));
    const inner = parseCidr(text);
    if (inner !== undefined && !isStrictSubset(inner, outer))
      errors.push(invalid(place, text, 'must be a strict subset of `cidr`'));
  }
  return errors;
}
