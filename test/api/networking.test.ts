// Ingresses, their classes, network policies, addresses and ranges: what is stored, what is refused, what kubectl prints.
import { describe, expect, test } from 'vitest';
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../../src/api/index.ts';
import { cellsOf, statusUpdated } from './cluster-support.ts';
import { created, failure, resource, updated } from './support.ts';

const GROUP = 'networking.k8s.io';
const INGRESSES = resource(GROUP, 'ingresses');
const INGRESS_CLASSES = resource(GROUP, 'ingressclasses');
const NETWORK_POLICIES = resource(GROUP, 'networkpolicies');
const IP_ADDRESSES = resource(GROUP, 'ipaddresses');
const SERVICE_CIDRS = resource(GROUP, 'servicecidrs');

const backend = { service: { name: 'web', port: { number: 80 } } };

function path(change: object): object {
  return {
    rules: [{ host: 'a.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...change }] } }],
  };
}

function ingress(spec: object, metadata: object = {}): object {
  return { metadata: { name: 'web', ...metadata }, spec };
}

describe('ingresses', () => {
  test('begin without addresses, and a generation that the spec raises', () => {
    const stored = created<Ingress>(INGRESSES, {
      ...ingress(path({})),
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
    });
    expect(stored.status).toEqual({ loadBalancer: {} });
    expect(stored.metadata?.generation).toBe(1);
    const changed = updated(INGRESSES, stored, (next) => {
      next.spec = { ...next.spec, ingressClassName: 'nginx' };
    });
    expect(changed.metadata?.generation).toBe(2);
    const labelled = updated(INGRESSES, stored, (next) => {
      next.metadata = { ...next.metadata, labels: { a: 'b' } };
    });
    expect(labelled.metadata?.generation).toBe(1);
  });

  test('take their addresses through the status alone', () => {
    const stored = created<Ingress>(INGRESSES, ingress({ defaultBackend: backend }));
    const reported = statusUpdated(INGRESSES, stored, (next) => {
      next.spec = {};
      next.status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }, { hostname: 'lb.example.com' }] } };
    });
    expect(reported.spec).toEqual(stored.spec);
    expect(cellsOf(INGRESSES, reported)).toMatchObject({ Address: '10.0.0.1,lb.example.com', Hosts: '*' });
    const refused = (entry: object): string =>
      failure(() =>
        statusUpdated(INGRESSES, stored, (next) => {
          next.status = { loadBalancer: { ingress: [entry] } };
        }),
      );
    expect(refused({ ip: '10.0.0' })).toContain(
      'status.loadBalancer.ingress[0].ip: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    );
    expect(refused({ hostname: '10.0.0.1' })).toContain(
      'hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    );
  });

  test.each<[string, object, string]>([
    ['nothing to do', {}, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    [
      'no path type',
      path({ pathType: undefined }),
      'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
    ],
    [
      'an unknown path type',
      path({ pathType: 'Regex' }),
      'pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ],
    ['a relative path', path({ path: 'a' }), 'paths[0].path: Invalid value: "a": must be an absolute path'],
    [
      'a path that climbs',
      path({ path: '/a/../b' }),
      `paths[0].path: Invalid value: "/a/../b": must not contain '/../'`,
    ],
    ['a path that ends above', path({ path: '/a/..' }), `paths[0].path: Invalid value: "/a/..": cannot end with '/..'`],
    [
      'no backend',
      path({ backend: {} }),
      'paths[0].backend: Invalid value: "": resource or service backend is required',
    ],
    [
      'two backends',
      path({ backend: { ...backend, resource: { kind: 'Bucket', name: 'b' } } }),
      'backend: Invalid value: "": cannot set both resource and service backends',
    ],
    [
      'a port by name and number',
      { defaultBackend: { service: { name: 'web', port: { name: 'http', number: 80 } } } },
      'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
    ],
    [
      'no port',
      { defaultBackend: { service: { name: 'web' } } },
      'spec.defaultBackend: Required value: port name or number is required',
    ],
    [
      'a bad service name',
      { defaultBackend: { service: { name: 'a.b', port: { number: 80 } } } },
      'spec.defaultBackend.service.name: Invalid value: "a.b": must not contain dots',
    ],
    [
      'an address for a host',
      { rules: [{ host: '10.0.0.1' }] },
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
    [
      'a wildcard in the middle',
      { rules: [{ host: 'a.*.com' }] },
      `spec.rules[0].host: Invalid value: "a.*.com": a wildcard DNS-1123 subdomain must start with '*.'`,
    ],
    ['no paths', { rules: [{ http: { paths: [] } }] }, 'spec.rules[0].http.paths: Required value'],
    [
      'a bad TLS host',
      { defaultBackend: backend, tls: [{ hosts: ['A'] }] },
      'spec.tls[0].hosts[0]: Invalid value: "A": a lowercase RFC 1123 subdomain',
    ],
    [
      'a bad TLS secret',
      { defaultBackend: backend, tls: [{ secretName: 'a_b' }] },
      'spec.tls[0].secretName: Invalid value: "a_b"',
    ],
    ['a bad class', { defaultBackend: backend, ingressClassName: 'A' }, 'spec.ingressClassName: Invalid value: "A"'],
  ])('with %s are refused', (_, spec, message) => {
    expect(failure(() => created(INGRESSES, ingress(spec)))).toContain(message);
  });

  test('may not name two classes when they are made', () => {
    const annotations = { 'kubernetes.io/ingress.class': 'nginx' };
    const body = ingress({ defaultBackend: backend, ingressClassName: 'traefik' }, { annotations });
    expect(failure(() => created(INGRESSES, body))).toContain('must match `ingressClassName` when both are specified');
  });

  test('print class, hosts and ports', () => {
    const hosts = ['a', 'b', 'c', 'd'].map((host) => ({ host: `${host}.example.com` }));
    const body = ingress({ rules: hosts, tls: [{ hosts: ['a.example.com'] }], ingressClassName: 'nginx' });
    expect(cellsOf(INGRESSES, body)).toMatchObject({
      Class: 'nginx',
      Hosts: 'a.example.com,b.example.com,c.example.com + 1 more...',
      Ports: '80, 443',
    });
  });
});

describe('ingress classes', () => {
  const parameters = { apiGroup: 'example.com', kind: 'Config', name: 'x' };

  test('have parameters of the cluster unless they say otherwise, and keep their controller', () => {
    const stored = created<IngressClass>(INGRESS_CLASSES, {
      metadata: { name: 'a' },
      spec: { controller: 'example.com/ctl', parameters },
    });
    expect(stored.spec?.parameters?.scope).toBe('Cluster');
    expect(stored.metadata?.generation).toBe(1);
    expect(cellsOf(INGRESS_CLASSES, stored)).toMatchObject({
      Controller: 'example.com/ctl',
      Parameters: 'Config.example.com/x',
    });
    const moved = (): unknown =>
      updated(INGRESS_CLASSES, stored, (next) => {
        next.spec = { controller: 'example.com/other' };
      });
    expect(failure(moved)).toContain('spec.controller: Invalid value: "example.com/other": field is immutable');
  });

  test.each<[string, object, string]>([
    ['no controller', {}, 'spec.controller: Required value'],
    [
      'a controller without domain',
      { controller: 'ctl' },
      'spec.controller: Invalid value: "ctl": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    ['a long controller', { controller: `a.io/${'x'.repeat(260)}` }, 'spec.controller: Too long'],
    [
      'no namespace',
      { controller: 'a.io/b', parameters: { ...parameters, scope: 'Namespace' } },
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    [
      'a namespace too many',
      { controller: 'a.io/b', parameters: { ...parameters, namespace: 'x' } },
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
    [
      'an unknown scope',
      { controller: 'a.io/b', parameters: { ...parameters, scope: 'World' } },
      'spec.parameters.scope: Unsupported value: "World"',
    ],
  ])('with %s are refused', (_, spec, message) => {
    expect(failure(() => created(INGRESS_CLASSES, { metadata: { name: 'a' }, spec }))).toContain(message);
  });
});

describe('network policies', () => {
  const policy = (spec: object): object => ({ metadata: { name: 'p' }, spec });

  test.each<[string, object, string[]]>([
    ['of nothing', {}, ['Ingress']],
    ['of ingress', { ingress: [{}] }, ['Ingress']],
    ['of egress too', { egress: [{}] }, ['Ingress', 'Egress']],
    ['that say their types', { policyTypes: ['Egress'] }, ['Egress']],
  ])('%s have their types', (_, spec, types) => {
    expect(created<NetworkPolicy>(NETWORK_POLICIES, policy(spec)).spec).toMatchObject({
      podSelector: {},
      policyTypes: types,
    });
  });

  test('admit TCP where a port names no protocol', () => {
    const stored = created<NetworkPolicy>(NETWORK_POLICIES, policy({ ingress: [{ ports: [{ port: 80 }] }] }));
    expect(stored.spec?.ingress?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    expect(cellsOf(NETWORK_POLICIES, stored)).toMatchObject({ 'Pod-Selector': '<none>' });
    expect(cellsOf(NETWORK_POLICIES, policy({ podSelector: { matchLabels: { a: 'b' } } }))).toMatchObject({
      'Pod-Selector': 'a=b',
    });
  });

  const from = (...peers: object[]): object => ({ ingress: [{ from: peers }] });
  const ports = (...list: object[]): object => ({ egress: [{ ports: list }] });
  test.each<[string, object, string]>([
    ['an empty peer', from({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      'a block and a selector',
      from({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }),
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    [
      'no CIDR',
      from({ ipBlock: { cidr: '10.0.0.0' } }),
      'ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      'bits beyond the prefix',
      from({ ipBlock: { cidr: '10.0.0.1/8' } }),
      'ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    ],
    [
      'an exception that is none',
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8', '11.0.0.0/16'] } }),
      'ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
    [
      'a bad selector',
      from({ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } }),
      'spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].operator: Invalid value: "Is"',
    ],
    ['no port', ports({ port: 0 }), 'ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [
      'an unknown protocol',
      ports({ protocol: 'ICMP' }),
      'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
    [
      'a range that ends before it begins',
      ports({ port: 90, endPort: 80 }),
      'ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
    ],
    [
      'a range without beginning',
      ports({ endPort: 80 }),
      'ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified',
    ],
    [
      'a range from a name',
      ports({ port: 'http', endPort: 80 }),
      'endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
    ],
    [
      'an unknown type',
      { policyTypes: ['Both'] },
      'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"',
    ],
    ['a type too many', { policyTypes: ['Ingress', 'Egress', 'Ingress'] }, 'may not specify more than two policyTypes'],
  ])('with %s are refused', (_, spec, message) => {
    expect(failure(() => created(NETWORK_POLICIES, policy(spec)))).toContain(message);
  });
});

describe('IP addresses', () => {
  const address = (
    name: string,
    parentRef: object = { resource: 'services', namespace: 'default', name: 'web' },
  ): object => ({
    metadata: { name },
    spec: { parentRef },
  });

  test('are named after themselves and keep their parent', () => {
    const stored = created<IPAddress>(IP_ADDRESSES, address('2001:db8::1'));
    expect(cellsOf(IP_ADDRESSES, stored)).toEqual({ Name: '2001:db8::1', ParentRef: 'services/default/web' });
    const moved = (): unknown =>
      updated(IP_ADDRESSES, stored, (next) => {
        next.spec = { parentRef: { resource: 'services', name: 'other' } };
      });
    expect(failure(moved)).toContain(
      'spec.parentRef: Invalid value: {"resource":"services","name":"other"}: field is immutable',
    );
  });

  test.each<[object, string]>([
    [address('10.0.0'), 'metadata.name: Invalid value: "10.0.0": must be a valid IP address'],
    [address('10.0.0.01'), 'metadata.name: Invalid value: "10.0.0.01": must not have leading 0s'],
    [address('::ffff:10.0.0.1'), 'must not be an IPv4-mapped IPv6 address'],
    [
      address('2001:DB8:0::1'),
      'metadata.name: Invalid value: "2001:DB8:0::1": must be in canonical form ("2001:db8::1")',
    ],
    [address('10.0.0.1', { name: 'x' }), 'spec.parentRef.resource: Required value'],
    [
      address('10.0.0.1', { resource: 'services', name: 'a/b' }),
      'spec.parentRef.name: Invalid value: "a/b": may not contain \'/\'',
    ],
    [address('10.0.0.1', { group: 'A', resource: 'services', name: 'a' }), 'spec.parentRef.group: Invalid value: "A"'],
    [{ metadata: { name: '10.0.0.1' }, spec: {} }, 'spec.parentRef: Required value'],
  ])('%j is refused', (body, message) => {
    expect(failure(() => created(IP_ADDRESSES, body))).toContain(message);
  });
});

describe('service CIDRs', () => {
  const range = (...cidrs: string[]): object => ({ metadata: { name: 'r' }, spec: { cidrs } });

  test('grow by the other family and change no further', () => {
    const stored = created<ServiceCIDR>(SERVICE_CIDRS, range('10.0.0.0/16'));
    const become = (...cidrs: string[]): ServiceCIDR =>
      updated(SERVICE_CIDRS, stored, (next) => {
        next.spec = { cidrs };
      });
    expect(cellsOf(SERVICE_CIDRS, become('10.0.0.0/16', '2001:db8::/64'))).toMatchObject({
      CIDRs: '10.0.0.0/16,2001:db8::/64',
    });
    expect(failure(() => become('10.1.0.0/16'))).toContain(
      'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
    );
    expect(failure(() => become('2001:db8::/64', '10.0.0.0/16'))).toContain('spec.cidrs[0]');
    expect(failure(() => become('10.0.0.0/16', '10.1.0.0/16'))).toContain(
      'may specify no more than one IP for each IP family',
    );
    const both = created<ServiceCIDR>(SERVICE_CIDRS, range('10.0.0.0/16', '2001:db8::/64'));
    const shrunk = (): unknown =>
      updated(SERVICE_CIDRS, both, (next) => {
        next.spec = { cidrs: ['10.0.0.0/16'] };
      });
    expect(failure(shrunk)).toContain('spec.cidrs: Invalid value: ["10.0.0.0/16"]: field is immutable');
  });

  test.each<[string[], string]>([
    [[], 'spec.cidrs: Required value: at least one CIDR required'],
    [['10.0.0.0/8', '11.0.0.0/8', '12.0.0.0/8'], 'may only hold up to 2 values'],
    [['10.0.0.0/33'], 'spec.cidrs[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value'],
    [['2001:DB8::/64'], 'must be in canonical form ("2001:db8::/64")'],
    [['10.0.0.0/08'], 'must not have leading 0s in IP or prefix length'],
  ])('%j is refused', (cidrs, message) => {
    expect(failure(() => created(SERVICE_CIDRS, range(...cidrs)))).toContain(message);
  });
});
