// Services: a stable name and address for a set of pods. Addresses and node ports are allocated by the server; the rules
// here say what may be asked for and what stays once given.
import type { FieldError } from '../../definition.ts';
import type { KubeObject } from '../../object.ts';
import type { Service, ServiceSpec } from '../../types.ts';
import { needsHealthCheck, validateService, validateServiceUpdate } from '../../validation/service.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

export const SERVICES = defineResource({
  group: '',
  version: 'v1',
  plural: 'services',
  kind: 'Service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  subresources: [statusOf('', 'v1', 'Service')],
  columns: [
    NAME_COLUMN,
    column<Service>('Type', ({ spec }) => spec?.type ?? ''),
    column<Service>('Cluster-IP', ({ spec }) => spec?.clusterIP || '<none>'),
    column<Service>('External-IP', externalText),
    column<Service>('Port(s)', portsText),
    AGE_COLUMN,
    column<Service>('Selector', selectorText, { wide: true }),
  ],
  strategy: {
    nameRule: 'dns1035Label',
    allowCreateOnUpdate: true,
    prepareForCreate(object) {
      (object as Service).status = { loadBalancer: {} };
    },
    prepareForUpdate(object, old) {
      const service = object as Service;
      const before = old as Service;
      if (before.status !== undefined) service.status = structuredClone(before.status);
      keepAllocations(service, before);
      return false;
    },
    applyDefaults,
    validate: (object): FieldError[] => validateService(object as Service),
    validateUpdate: (object, old) => validateServiceUpdate(object as Service, old as Service),
    selectableFields: (object) => ({
      'spec.clusterIP': (object as Service).spec?.clusterIP ?? '',
      'spec.type': (object as Service).spec?.type ?? '',
    }),
    selectableFieldNames: ['spec.clusterIP', 'spec.type'],
  },
});

function applyDefaults(object: KubeObject): void {
  const { spec, status } = object as Service;
  if (spec === undefined) return;
  if (spec.type === 'LoadBalancer')
    for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10_800 } };
  }
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    // 0 and '' are what Go clients send for "the same as port".
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (external) spec.externalTrafficPolicy ||= 'Cluster';
  if (external || spec.type === 'ClusterIP') spec.internalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.type === 'ExternalName') return;
  spec.ipFamilyPolicy ||= 'SingleStack';
  if (spec.clusterIP !== undefined && spec.clusterIP !== '') spec.clusterIPs ??= [spec.clusterIP];
  else if (spec.clusterIPs?.[0] !== undefined) spec.clusterIP = spec.clusterIPs[0];
  if (spec.clusterIP) spec.ipFamilies ??= [spec.clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
}

/** A client that leaves out what the server allocated does not give it up. */
function keepAllocations(service: Service, old: Service): void {
  const { spec } = service;
  const before = old.spec;
  if (spec === undefined || before === undefined) return;
  keepHealthCheckPort(spec, before);
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return;
  if (!spec.clusterIP && before.clusterIP) {
    spec.clusterIP = before.clusterIP;
    if (before.clusterIPs !== undefined) spec.clusterIPs = [...before.clusterIPs];
  }
  if (spec.ipFamilies === undefined && before.ipFamilies !== undefined) spec.ipFamilies = [...before.ipFamilies];
  if (spec.type === 'ClusterIP' || before.type === 'ClusterIP') return;
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const same = before.ports?.find(
      (one) => one.port === port.port && (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (same?.nodePort) port.nodePort = same.nodePort;
  }
}

function keepHealthCheckPort(spec: ServiceSpec, before: ServiceSpec): void {
  const port = before.healthCheckNodePort;
  if (port === undefined || !needsHealthCheck(before)) return;
  if (needsHealthCheck(spec)) spec.healthCheckNodePort ||= port;
  else if (spec.healthCheckNodePort === port) delete spec.healthCheckNodePort;
}

function externalText({ spec, status }: Service): string {
  const declared = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ExternalName':
      return spec.externalName ?? '';
    case 'LoadBalancer': {
      const assigned = new Set(
        (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').sort(),
      );
      const all = [...assigned, ...declared];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    default:
      return declared.length === 0 ? '<none>' : declared.join(',');
  }
}

function portsText({ spec }: Service): string {
  const ports = spec?.ports ?? [];
  if (ports.length === 0) return '<none>';
  return ports
    .map(({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',');
}

function selectorText({ spec }: Service): string {
  const pairs = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}
