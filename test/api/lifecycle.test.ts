// Create and update of the built-in kinds through the whole lifecycle: what is stored, and what is refused with which
// words.
import { describe, expect, test } from 'vitest';
import {
  admitDecoded,
  type Deployment,
  type EndpointSlice,
  type Event,
  encodeObject,
  isUnchanged,
  type Json,
  type Lease,
  type Namespace,
  type Node,
  type Pod,
  prepareStatusUpdate,
  type ReplicaSet,
  reconcileNames,
  type Secret,
  type Service,
} from '../../src/api/index.ts';
import {
  context,
  created,
  DEPLOYMENTS,
  deployment,
  failure,
  failureOf,
  NODES,
  PODS,
  pod,
  resource,
  SERVICES,
  schema,
  service,
  updated,
} from './support.ts';

const NAMESPACES = resource('', 'namespaces');
const SECRETS = resource('', 'secrets');
const CONFIG_MAPS = resource('', 'configmaps');

describe('creating', () => {
  test('a pod is pending, has a generation, and its requests follow its limits', () => {
    const stored = created<Pod>(
      PODS,
      pod({ containers: [{ name: 'a', image: 'b:1', resources: { limits: { cpu: 1, memory: '1Gi' } } }] }),
    );
    expect(stored.metadata).toEqual({
      name: 'web',
      namespace: 'default',
      uid: 'uid-1',
      creationTimestamp: '2026-01-02T03:04:05Z',
      generation: 1,
    });
    expect(stored.status).toEqual({ phase: 'Pending', qosClass: 'Guaranteed' });
    expect(stored.spec?.containers[0]?.resources?.requests).toEqual({ cpu: '1', memory: '1Gi' });
    expect(stored.spec?.enableServiceLinks).toBe(true);
  });

  test('fields that the server owns are taken from nobody', () => {
    const stored = created<Pod>(
      PODS,
      pod({}, { uid: 'mine', resourceVersion: '7', generation: 9, deletionTimestamp: '2026-01-01T00:00:00Z' }),
    );
    expect(stored.metadata).toMatchObject({ uid: 'uid-1', generation: 1 });
    expect(stored.metadata?.resourceVersion).toBeUndefined();
    expect(stored.metadata?.deletionTimestamp).toBeUndefined();
  });

  test('generateName makes a name of the safe alphabet', () => {
    expect(created(PODS, pod({}, { name: '', generateName: 'web-' })).metadata?.name).toMatch(
      /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
    );
  });

  test('a deployment gets its strategy, its limits and one replica, which stays 0 when asked for', () => {
    expect(created<Deployment>(DEPLOYMENTS, deployment()).spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    });
    expect(created<Deployment>(DEPLOYMENTS, deployment({ replicas: 0 })).spec?.replicas).toBe(0);
  });

  test('a service gets its type, its affinity and its target ports', () => {
    expect(created<Service>(SERVICES, service()).spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
  });

  test('a namespace is active, finalised by kubernetes and labelled with its name', () => {
    const stored = created<Namespace>(NAMESPACES, { metadata: { name: 'team' } });
    expect(stored.spec).toEqual({ finalizers: ['kubernetes'] });
    expect(stored.status).toEqual({ phase: 'Active' });
    expect(stored.metadata?.labels).toEqual({ 'kubernetes.io/metadata.name': 'team' });
  });

  test('the stringData of a secret becomes data', () => {
    const stored = created<Secret>(SECRETS, {
      metadata: { name: 's' },
      data: { a: 'YQ==', b: 'Yg==' },
      stringData: { b: 'B', c: 'ü' },
    });
    expect(stored).toMatchObject({ type: 'Opaque', data: { a: 'YQ==', b: 'Qg==', c: 'w7w=' } });
    expect(stored.stringData).toBeUndefined();
  });

  test('an endpoint slice without endpoints has an empty list of them', () => {
    const slice = created<EndpointSlice>(resource('discovery.k8s.io', 'endpointslices'), {
      metadata: { name: 'x' },
      addressType: 'IPv4',
      ports: [{ port: 1 }],
    });
    expect(slice).toMatchObject({ endpoints: [], ports: [{ name: '', port: 1, protocol: 'TCP' }] });
  });
});

const CONTAINER = { name: 'a', image: 'b' };
const REFUSED: readonly [string, object, string][] = [
  ['no containers', pod({ containers: [] }), 'Pod "web" is invalid: spec.containers: Required value'],
  ['no image', pod({ containers: [{ name: 'a' }] }), 'Pod "web" is invalid: spec.containers[0].image: Required value'],
  [
    'an affinity to no node',
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }),
    'nodeSelectorTerms: Required value: must have at least one node selector term',
  ],
  [
    'an affinity with an operator that does not exist',
    pod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Equals', values: ['b'] }] }],
          },
        },
      },
    }),
    'nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "Equals": not a valid selector operator',
  ],
  [
    'an affinity that weighs too much',
    pod({
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
          ],
        },
      },
    }),
    'preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
  ],
  [
    'a spread of nothing',
    pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] }),
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
  ],
  [
    'a spread that does something else',
    pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'Wait' }] }),
    'whenUnsatisfiable: Unsupported value: "Wait": supported values: "DoNotSchedule", "ScheduleAnyway"',
  ],
  [
    'a gate and a node',
    pod({ schedulingGates: [{ name: 'example.com/a' }], nodeName: 'n' }),
    'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
  ],
  [
    'a hook that does nothing',
    pod({ containers: [{ ...CONTAINER, lifecycle: { preStop: {} } }] }),
    'spec.containers[0].lifecycle.preStop: Required value: must specify a handler type',
  ],
  ['one name twice', pod({ containers: [CONTAINER, CONTAINER] }), 'spec.containers[1].name: Duplicate value: "a"'],
  [
    'a bad restart policy',
    pod({ restartPolicy: 'Sometimes' }),
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
  ],
  [
    'a mount without its volume',
    pod({ containers: [{ ...CONTAINER, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
    'spec.containers[0].volumeMounts[0].name: Not found: "v"',
  ],
  [
    'a port out of range',
    pod({ containers: [{ ...CONTAINER, ports: [{ containerPort: 70000 }] }] }),
    'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'requests above limits',
    pod({ containers: [{ ...CONTAINER, resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }] }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    'an env variable without a name',
    pod({ containers: [{ ...CONTAINER, env: [{ value: 'x' }] }] }),
    'spec.containers[0].env[0].name: Required value',
  ],
  [
    'two volume sources',
    pod({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] }),
    'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
  ],
  [
    'a probe without a handler',
    pod({ containers: [{ ...CONTAINER, livenessProbe: {} }] }),
    'spec.containers[0].livenessProbe: Required value: must specify a handler type',
  ],
  [
    'a user that cannot be',
    pod({ securityContext: { runAsUser: -1 } }),
    'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ],
  [
    'privileges that contradict each other',
    pod({ containers: [{ ...CONTAINER, securityContext: { privileged: true, allowPrivilegeEscalation: false } }] }),
    'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  ],
  [
    'a bad label',
    pod({}, { labels: { 'a b': 'c' } }),
    'metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters',
  ],
  [
    'a huge annotation',
    pod({}, { annotations: { a: 'x'.repeat(262_144) } }),
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ],
  [
    'no name',
    pod({}, { name: undefined }),
    'Pod "" is invalid: metadata.name: Required value: name or generateName is required',
  ],
  [
    'two controllers',
    pod(
      {},
      {
        ownerReferences: ['x', 'y'].map((name) => ({
          apiVersion: 'v1',
          kind: 'Node',
          name,
          uid: name,
          controller: true,
        })),
      },
    ),
    'Only one reference can have Controller set to true',
  ],
];

describe('refusing', () => {
  test.each(REFUSED)('a pod with %s', (_, body, message) => {
    const error = failureOf(() => created(PODS, body));
    expect(error.message).toContain(message);
    expect(error.status).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'Pod' } });
  });

  test.each<[string, object, string]>([
    ['no selector', { selector: undefined }, 'Deployment.apps "web" is invalid: spec.selector: Required value'],
    [
      'an empty selector',
      { selector: {} },
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      'a selector that misses its template',
      { selector: { matchLabels: { app: 'x' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    ['negative replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      'no room to roll',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      'may not be 0 when `maxSurge` is 0',
    ],
    [
      'a bad percentage',
      { strategy: { rollingUpdate: { maxSurge: 'x%' } } },
      'a valid percent string must be a numeric string',
    ],
    [
      'rolling settings for Recreate',
      { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
      "may not be specified when strategy `type` is 'Recreate'",
    ],
  ])('a deployment with %s', (_, spec, message) => {
    expect(failure(() => created(DEPLOYMENTS, deployment(spec)))).toContain(message);
  });

  test.each<[string, object, string]>([
    ['no ports', { ports: [] }, 'Service "web" is invalid: spec.ports: Required value'],
    ['unnamed ports', { ports: [{ port: 1 }, { port: 2 }] }, 'spec.ports[0].name: Required value'],
    [
      'a port twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 1 },
        ],
      },
      'spec.ports[1]: Duplicate value: {"protocol":"TCP","port":1}',
    ],
    [
      'a bad address',
      { clusterIP: '10.0.0.300' },
      'spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address',
    ],
    ['a loopback address', { externalIPs: ['127.0.0.1'] }, 'may not be in the loopback range'],
    [
      'a node port it cannot have',
      { ports: [{ port: 1, nodePort: 30000 }] },
      "may not be used when `type` is 'ClusterIP'",
    ],
  ])('a service with %s', (_, spec, message) => {
    expect(failure(() => created(SERVICES, service(spec)))).toContain(message);
  });

  test('several findings are listed in brackets, each with a cause', () => {
    const error = failureOf(() => created(PODS, pod({ containers: [{ name: 'A' }] })));
    expect(error.message).toMatch(
      /^Pod "web" is invalid: \[spec\.containers\[0\]\.name: Invalid value: "A": .*, spec\.containers\[0\]\.image: Required value\]$/,
    );
    expect(error.status.details?.causes?.[1]).toEqual({
      reason: 'FieldValueRequired',
      message: 'Required value',
      field: 'spec.containers[0].image',
    });
  });

  test.each<[string, string, object, string]>([
    ['', 'secrets', { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, 'data[tls.key]: Required value'],
    [
      '',
      'configmaps',
      { data: { 'a/b': '' } },
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    ],
    ['', 'configmaps', { data: { a: '' }, binaryData: { a: '' } }, 'duplicate of key present in binaryData'],
    [
      'coordination.k8s.io',
      'leases',
      { spec: { leaseDurationSeconds: 0 } },
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      '',
      'nodes',
      { spec: { taints: [{ key: 'a', effect: 'Never' }] } },
      'spec.taints[0].effect: Unsupported value: "Never"',
    ],
    ['', 'endpoints', { subsets: [{ addresses: [{ ip: 'x' }] }] }, 'must be a valid IP address'],
    [
      'discovery.k8s.io',
      'endpointslices',
      { addressType: 'IPv6', endpoints: [{ addresses: ['1.2.3.4'] }] },
      'must be an IPv6 address',
    ],
    ['', 'events', { involvedObject: { namespace: 'other' } }, 'does not match event.namespace'],
  ])('%s %s that break their rules: %j', (group, plural, body, message) => {
    expect(failure(() => created(resource(group, plural), { metadata: { name: 'x' }, ...body }))).toContain(message);
  });
});

describe('decoding with field validation', () => {
  const body = (): Json => ({ ...pod({ nodeNme: 'x' }), extra: 1 }) as unknown as Json;

  test('Strict refuses unknown and duplicate fields', () => {
    const decoded = { value: body(), duplicateFields: ['spec.containers'], unsafeFields: ['__proto__'] };
    expect(failure(() => admitDecoded(schema, PODS, decoded, 'Strict'))).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "__proto__", duplicate field "spec.containers", unknown field "spec.nodeNme", unknown field "extra"',
    );
  });

  test('Warn drops them with a warning each, Ignore silently', () => {
    expect(admitDecoded(schema, PODS, { value: body() }, 'Warn').warnings).toEqual([
      'unknown field "spec.nodeNme"',
      'unknown field "extra"',
    ]);
    const { object, warnings } = admitDecoded(schema, PODS, { value: body() }, 'Ignore');
    expect(warnings).toEqual([]);
    expect(object).not.toHaveProperty('extra');
  });

  test('a body full of mistakes gets an answer of bounded length', () => {
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, 1]));
    expect(admitDecoded(schema, PODS, { value: unknown }, 'Warn').warnings).toHaveLength(100);
    const labels = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`-${index}`, '']));
    expect(failureOf(() => created(PODS, pod({}, { labels }))).status.details?.causes).toHaveLength(1000);
  });

  test('another version or kind is refused, a missing one is filled in', () => {
    expect(failure(() => admitDecoded(schema, PODS, { value: deployment() as Json }, 'Strict'))).toBe(
      'the API version in the data (apps/v1) does not match the expected API version (v1)',
    );
    expect(failure(() => admitDecoded(schema, PODS, { value: service() as Json }, 'Strict'))).toContain(
      'cannot be handled as a Pod',
    );
    expect(admitDecoded(schema, PODS, { value: {} }, 'Strict').object).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
    expect(failureOf(() => admitDecoded(schema, PODS, { value: [] }, 'Strict')).status.code).toBe(400);
  });

  test('names and namespaces that contradict the URL are refused', () => {
    expect(failure(() => reconcileNames(PODS, { metadata: { namespace: 'a' } }, 'b', ''))).toContain(
      'does not match the namespace sent on the request',
    );
    expect(failure(() => reconcileNames(PODS, { metadata: { name: 'a' } }, 'b', 'c'))).toBe(
      'the name of the object (a) does not match the name on the URL (c)',
    );
  });
});

describe('updating', () => {
  const stored = (): Pod => created<Pod>(PODS, pod());

  test.each<[string, (pod: Pod) => void, number]>([
    ['an image', ({ spec }) => Object.assign(spec?.containers[0] ?? {}, { image: 'other:2' }), 2],
    ['labels', ({ metadata }) => Object.assign(metadata ?? {}, { labels: { a: 'b' } }), 1],
    [
      'an added toleration',
      ({ spec }) => Object.assign(spec ?? {}, { tolerations: [{ key: 'a', operator: 'Exists' }] }),
      2,
    ],
    ['nothing', () => undefined, 1],
  ])('a pod takes a change of %s', (_, change, generation) => {
    expect(updated(PODS, stored(), change).metadata?.generation).toBe(generation);
  });

  test.each<[string, (pod: Pod) => void, string]>([
    [
      'its command',
      ({ spec }) => Object.assign(spec?.containers[0] ?? {}, { command: ['x'] }),
      'pod updates may not change fields other than `spec.containers[*].image`',
    ],
    [
      'its containers',
      ({ spec }) => void spec?.containers.push({ name: 'b', image: 'b' }),
      'pod updates may not add or remove containers',
    ],
    ['its node', ({ spec }) => Object.assign(spec ?? {}, { nodeName: 'n1' }), 'changed: spec.nodeName'],
  ])('a pod refuses a change of %s', (_, change, message) => {
    expect(failure(() => updated(PODS, stored(), change))).toContain(message);
  });

  test('another uid is a conflict', () => {
    expect(
      failureOf(() => updated(PODS, stored(), ({ metadata }) => Object.assign(metadata ?? {}, { uid: 'x' }))).status,
    ).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on pods "web": Precondition failed: UID in precondition: x, UID in object meta: uid-1',
    });
  });

  test('status is not changed through the main resource, nor spec through status', () => {
    const old = stored();
    expect(updated(PODS, old, (object) => Object.assign(object, { status: { phase: 'Failed' } })).status?.phase).toBe(
      'Pending',
    );
    const next: Pod = { ...old, spec: { containers: [] }, status: { phase: 'Running' } };
    prepareStatusUpdate(schema, PODS, next, old, context);
    expect(next.spec).toEqual(old.spec);
    expect(next.status).toEqual({ phase: 'Running', qosClass: 'BestEffort' });
  });

  test('the generation of a deployment counts changes of its spec, and defaults left out are none', () => {
    const old = created<Deployment>(DEPLOYMENTS, deployment());
    expect(
      updated(DEPLOYMENTS, old, ({ spec }) => Object.assign(spec ?? {}, { replicas: 5 })).metadata?.generation,
    ).toBe(2);
    const bare = updated(DEPLOYMENTS, old, (object) => {
      delete object.spec?.progressDeadlineSeconds;
      object.metadata = { ...object.metadata, labels: { a: 'b' } };
    });
    expect(bare.metadata?.generation).toBe(1);
  });

  test('selectors of deployments and replica sets are immutable', () => {
    const change = (object: Deployment | ReplicaSet): void => {
      const labels = { app: 'x' };
      Object.assign(object.spec ?? {}, {
        selector: { matchLabels: labels },
        template: { ...object.spec?.template, metadata: { labels } },
      });
    };
    const message = 'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable';
    expect(failure(() => updated(DEPLOYMENTS, created<Deployment>(DEPLOYMENTS, deployment()), change))).toContain(
      message,
    );
    const sets = resource('apps', 'replicasets');
    const set = { ...deployment(), kind: 'ReplicaSet' };
    expect(failure(() => updated(sets, created<ReplicaSet>(sets, set), change))).toContain(message);
  });

  test('a service keeps the address it was given when the update leaves it out, and refuses another', () => {
    const old = created<Service>(SERVICES, service());
    Object.assign(old.spec ?? {}, { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] });
    const kept = updated(SERVICES, old, ({ spec }) => {
      delete spec?.clusterIP;
      delete spec?.clusterIPs;
    });
    expect(kept.spec).toMatchObject({ clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] });
    const other = { clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8'] };
    expect(failure(() => updated(SERVICES, old, ({ spec }) => Object.assign(spec ?? {}, other)))).toContain(
      'may not change once set',
    );
  });

  test('a service keeps the port of its health check while it needs one, and refuses another', () => {
    const balanced = {
      ...service(),
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] },
    };
    const old = created<Service>(SERVICES, balanced);
    Object.assign(old.spec ?? {}, { healthCheckNodePort: 31_000 });
    const change = (spec: object): Service =>
      updated(SERVICES, old, (next) => void Object.assign(next.spec ?? {}, spec));
    expect(change({ healthCheckNodePort: 0 }).spec?.healthCheckNodePort).toBe(31_000);
    expect(change({ externalTrafficPolicy: 'Cluster' }).spec?.healthCheckNodePort).toBeUndefined();
    expect(failure(() => change({ healthCheckNodePort: 31_001 }))).toContain(
      'spec.healthCheckNodePort: Forbidden: field is immutable',
    );
    const plain = { ...service(), spec: { ports: [{ port: 80 }], healthCheckNodePort: 31_000 } };
    expect(failure(() => created(SERVICES, plain))).toContain(
      "spec.healthCheckNodePort: Invalid value: 31000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  });

  test('immutable config maps and secrets stay as they are', () => {
    const map = created(CONFIG_MAPS, { metadata: { name: 'c' }, immutable: true, data: { a: '1' } });
    expect(failure(() => updated(CONFIG_MAPS, map, (object) => Object.assign(object, { data: {} })))).toContain(
      'field is immutable when `immutable` is set',
    );
    const secret = created<Secret>(SECRETS, { metadata: { name: 's' } });
    expect(failure(() => updated(SECRETS, secret, (object) => Object.assign(object, { type: 'x' })))).toContain(
      'type: Invalid value: "x": field is immutable',
    );
  });

  test('leases demand a resourceVersion', () => {
    const leases = resource('coordination.k8s.io', 'leases');
    const lease = created<Lease>(leases, { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } });
    expect(failure(() => updated(leases, lease, () => undefined))).toContain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  test('a deleted object takes no new finalizers', () => {
    const old = stored();
    Object.assign(old.metadata ?? {}, { deletionTimestamp: '2026-01-02T03:04:05Z', finalizers: ['a/b'] });
    expect(failure(() => updated(PODS, old, ({ metadata }) => void metadata?.finalizers?.push('c/d')))).toContain(
      'no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
    );
  });

  test('an update that changes nothing is recognised, whatever the resourceVersion and the times of managedFields say', () => {
    const entry = { manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} };
    const owned = (time: string, more: object = {}) => [{ ...entry, time, ...more }];
    const old = stored();
    Object.assign(old.metadata ?? {}, { managedFields: owned('2026-01-01T00:00:00Z') });
    const next = updated(PODS, old, ({ metadata }) =>
      Object.assign(metadata ?? {}, { resourceVersion: '5', managedFields: owned('2026-02-02T00:00:00Z') }),
    );
    expect(isUnchanged(next, old)).toBe(true);
    const changed = (metadata: object): boolean =>
      isUnchanged({ ...next, metadata: { ...next.metadata, ...metadata } }, old);
    expect(changed({ labels: { a: 'b' } })).toBe(false);
    expect(changed({ managedFields: owned('2026-02-02T00:00:00Z', { manager: 'y' }) })).toBe(false);
    expect(changed({ managedFields: [] })).toBe(false);
  });

  test('a node keeps its status through the main resource', () => {
    const old = created<Node>(NODES, { metadata: { name: 'n1' }, status: { capacity: { cpu: '4000m' } } });
    expect(old.status).toEqual({ capacity: { cpu: '4' }, allocatable: { cpu: '4' } });
    const next = updated(NODES, old, (object) => Object.assign(object, { spec: { unschedulable: true }, status: {} }));
    expect(next).toMatchObject({ spec: { unschedulable: true }, status: old.status });
  });
});

test('events of both groups are one object in two shapes', () => {
  const events = resource('events.k8s.io', 'events');
  const event = created<Event>(events, {
    metadata: { name: 'e' },
    eventTime: '2026-01-02T03:04:05.000001Z',
    reportingController: 'quorate',
    reportingInstance: 'a',
    action: 'Start',
    reason: 'Started',
    regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
    note: 'hello',
    type: 'Normal',
  });
  const stored = events.storedAs?.toStored(event);
  expect(stored).toMatchObject({
    apiVersion: 'v1',
    involvedObject: { name: 'web' },
    message: 'hello',
    reportingComponent: 'quorate',
  });
  expect(events.storedAs?.fromStored(stored ?? {})).toEqual(event);
  expect(encodeObject(stored ?? {}).revisionOffset).toBeGreaterThan(0);
});
