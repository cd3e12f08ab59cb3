// The rules of how a pod finds others: DNS settings, entries of /etc/hosts, and whose network and users it has.
import { isIP } from 'node:net';
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, required } from '../field-error.ts';
import type { PodSpec } from '../types.ts';
import { dnsSubdomain } from './findings.ts';
import { DNS_SUBDOMAIN_LIMIT, regexError, tooLongText } from './names.ts';
import { oneOf } from './numbers.ts';

const IP_MESSAGE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

function address(value: string, at: string): FieldError[] {
  return isIP(value) === 0 ? [invalid(at, value, IP_MESSAGE)] : [];
}

const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
// What resolvers of Linux read.
const NAMESERVERS_LIMIT = 3;
const SEARCHES_LIMIT = 32;
const SEARCH_LIMIT_CHARACTERS = 2048;
const SEARCH_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const searchLabel = new RegExp(`^${SEARCH_LABEL}$`);

export function validateDns({ dnsPolicy, dnsConfig }: PodSpec, at: string): FieldError[] {
  const errors = oneOf(dnsPolicy, `${at}.dnsPolicy`, DNS_POLICIES, 'required');
  const place = `${at}.dnsConfig`;
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  if (dnsPolicy === 'None' && dnsConfig === undefined)
    return [...errors, required(place, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  if (dnsPolicy === 'None' && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    return [...errors, required(`${place}.nameservers`, detail)];
  }
  if (nameservers.length > NAMESERVERS_LIMIT)
    errors.push(
      invalid(`${place}.nameservers`, nameservers, `must not have more than ${NAMESERVERS_LIMIT} nameservers`),
    );
  for (const [index, server] of nameservers.entries())
    addFindings(errors, address(server, `${place}.nameservers[${index}]`));
  addFindings(errors, validateSearches(searches, `${place}.searches`));
  for (const [index, { name }] of options.entries())
    if (!name) errors.push(required(`${place}.options[${index}]`, 'must not be empty'));
  return errors;
}

function validateSearches(searches: readonly string[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > SEARCHES_LIMIT)
    errors.push(invalid(at, searches, `must not have more than ${SEARCHES_LIMIT} search paths`));
  if (searches.join(' ').length > SEARCH_LIMIT_CHARACTERS) {
    const detail = `must not have more than ${SEARCH_LIMIT_CHARACTERS} characters (including spaces) in the search list`;
    errors.push(invalid(at, searches, detail));
  }
  for (const [index, written] of searches.entries()) {
    if (written === '.') continue;
    const search = written.replace(/\.$/, '');
    const place = `${at}[${index}]`;
    if (search.length > DNS_SUBDOMAIN_LIMIT) errors.push(invalid(place, search, tooLongText(DNS_SUBDOMAIN_LIMIT)));
    if (!search.split('.').every((label) => searchLabel.test(label)))
      errors.push(invalid(place, search, SEARCH_MESSAGE));
  }
  return errors;
}

const SEARCH_MESSAGE = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`,
  'example.com',
);

export function validateHostAliases({ hostAliases = [] }: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { ip, hostnames = [] }] of hostAliases.entries()) {
    const place = `${at}.hostAliases[${index}]`;
    addFindings(errors, address(ip ?? '', `${place}.ip`));
    for (const [position, name] of hostnames.entries())
      addFindings(errors, dnsSubdomain(name, `${place}.hostnames[${position}]`));
  }
  return errors;
}

/** A pod with users of its own shares none of the host's namespaces. */
export function validateHostUsers({ hostUsers, hostNetwork, hostPID, hostIPC }: PodSpec, at: string): FieldError[] {
  if (hostUsers !== false) return [];
  // Kubernetes writes the last two paths so.
  const shared = { hostNetwork, HostPID: hostPID, HostIPC: hostIPC };
  return Object.entries(shared)
    .filter(([, value]) => value === true)
    .map(([field]) => forbidden(`${at}.${field}`, 'when `pod.Spec.HostUsers` is false'));
}
