// The rules of pod specs that have no table of their own elsewhere: security, resources, life cycle, network, placement; and the
// quality of service.
import { describe, expect, test } from 'vitest';
import { apiSchema, type Pod } from '../../src/api/index.ts';
import { INVALID_CAUSES_LIMIT } from '../../src/api/limits.ts';
import type { PodSpec } from '../../src/api/types.ts';
import { validatePodSpec } from '../../src/api/validation/pod.ts';
import { created, failureOf, PODS, pod } from './support.ts';

const main = { name: 'main', image: 'busybox' };
const withMain = (more: object): object => pod({ containers: [{ ...main, ...more }] });
const sysctls = (...names: string[]): object => ({ sysctls: names.map((name) => ({ name, value: '1' })) });
const SYSCTL_MESSAGE =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} };

const GOOD: readonly [string, object][] = [
  [
    'sysctls with dots and slashes',
    pod({ securityContext: sysctls('kernel.shm_rmid_forced', 'net/ipv4/ip_local_port_range') }),
  ],
  ['a grace period of less than nothing', pod({ terminationGracePeriodSeconds: -1 })],
  [
    'a sidecar with probes',
    pod({
      initContainers: [
        { name: 'side', image: 'b', restartPolicy: 'Always', livenessProbe: { exec: { command: ['x'] } } },
      ],
    }),
  ],
  [
    'a container that restarts by itself',
    withMain({
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
    }),
  ],
  [
    'claims of devices',
    pod({
      resourceClaims: [{ name: 'gpu', resourceClaimName: 'c' }],
      containers: [{ ...main, resources: { claims: [{ name: 'gpu' }] } }],
    }),
  ],
  [
    'resources as a whole',
    pod({
      resources: { requests: { cpu: '2' }, limits: { cpu: '2' } },
      containers: [{ ...main, resources: { requests: { cpu: '1' } } }],
    }),
  ],
  [
    'DNS searches with underscores',
    pod({
      dnsConfig: { nameservers: ['10.0.0.1'], searches: ['_srv.example.com', '.'], options: [{ name: 'ndots' }] },
    }),
  ],
  ['host aliases', pod({ hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.example.com'] }] })],
  [
    'a spread by the keys of its own labels',
    pod({ topologySpreadConstraints: [{ ...spread, minDomains: 2, matchLabelKeys: ['pod-template-hash'] }] }),
  ],
  [
    'gates',
    pod({ readinessGates: [{ conditionType: 'example.com/ready' }], schedulingGates: [{ name: 'example.com/a' }] }),
  ],
  ['an inline CSI volume', pod({ volumes: [{ name: 'v', csi: { driver: 'e2e.example.com' } }] })],
];

const BAD: readonly [string, object, string][] = [
  [
    'a sysctl without a name',
    pod({ securityContext: sysctls('') }),
    'spec.securityContext.sysctls[0].name: Required value',
  ],
  [
    'a sysctl with a dash in front',
    pod({ securityContext: sysctls('foo-') }),
    `spec.securityContext.sysctls[0].name: Invalid value: "foo-": ${SYSCTL_MESSAGE}`,
  ],
  [
    'a sysctl of capitals',
    pod({ securityContext: sysctls('safe', '100 % bad') }),
    'spec.securityContext.sysctls[1].name: Invalid value: "100 % bad": must have at most 253',
  ],
  ['a sysctl that is too long', pod({ securityContext: sysctls('a'.repeat(254)) }), 'must have at most 253 characters'],
  [
    'a sysctl twice',
    pod({ securityContext: sysctls('kernel.sem', 'kernel.sem') }),
    'sysctls[1].name: Duplicate value: "kernel.sem"',
  ],
  [
    'a sysctl of the host’s network',
    pod({ hostNetwork: true, securityContext: sysctls('net.core.somaxconn') }),
    "may not be specified when 'hostNetwork' is true",
  ],
  [
    'a group that cannot be',
    pod({ securityContext: { supplementalGroups: [-1] } }),
    'supplementalGroups[0]: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ],
  [
    'a seccomp profile of no type',
    pod({ securityContext: { seccompProfile: { type: '' } } }),
    'seccompProfile.type: Required value: type is required when seccompProfile is set',
  ],
  [
    'a seccomp profile without a file',
    withMain({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
    'localhostProfile: Required value: must be set when seccomp type is Localhost',
  ],
  [
    'an AppArmor profile with a name it cannot have',
    withMain({ securityContext: { appArmorProfile: { type: 'Unconfined', localhostProfile: 'x' } } }),
    'can only be set when AppArmor type is Localhost',
  ],
  [
    'proc unmasked for the host’s users',
    withMain({ securityContext: { procMount: 'Unmasked' } }),
    '`hostUsers` must be false to use `Unmasked`',
  ],
  [
    'users of its own on the host’s network',
    pod({ hostUsers: false, hostNetwork: true }),
    'spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false',
  ],
  [
    'an OS that is none',
    pod({ os: { name: 'plan9' } }),
    'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"',
  ],
  [
    'Windows and what only Linux knows',
    pod({ os: { name: 'windows' }, securityContext: { runAsUser: 1 } }),
    'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
  ],
  [
    'ephemeral containers from the beginning',
    pod({ ephemeralContainers: [{ name: 'e', image: 'b' }] }),
    'spec.ephemeralContainers: Forbidden: cannot be set on create',
  ],
  [
    'a probe of an ordinary init container',
    pod({ initContainers: [{ name: 'i', image: 'b', readinessProbe: { exec: { command: ['x'] } } }] }),
    'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
  ],
  [
    'a readiness probe that ends it',
    withMain({ readinessProbe: { exec: { command: ['x'] }, terminationGracePeriodSeconds: 3 } }),
    'must not be set for readinessProbes',
  ],
  [
    'a liveness probe that must succeed twice',
    withMain({ livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } }),
    'livenessProbe.successThreshold: Invalid value: 2: must be 1',
  ],
  [
    'a header that is none',
    withMain({ livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: '' }] } } }),
    'a valid HTTP header must consist of alphanumeric characters',
  ],
  [
    'a sleep that is cut short',
    withMain({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    'must be non-negative and less than terminationGracePeriodSeconds (30)',
  ],
  [
    'restart rules without a policy',
    withMain({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }),
    'must specify restartPolicy when restart rules are used',
  ],
  [
    'a claim of a device that the pod has not',
    withMain({ resources: { claims: [{ name: 'gpu' }] } }),
    'resources.claims[0]: Not found: "gpu": must be one of the names in pod.spec.resourceClaims which is empty',
  ],
  [
    'a device claim of nothing',
    pod({ resourceClaims: [{ name: 'gpu' }] }),
    'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
  ],
  [
    'huge pages without a limit',
    withMain({ resources: { requests: { 'hugepages-2Mi': '2Mi', cpu: '1' } } }),
    'Limit must be set for non overcommitable resources',
  ],
  [
    'huge pages alone',
    withMain({ resources: { limits: { 'hugepages-2Mi': '2Mi' } } }),
    'resources: Forbidden: HugePages require cpu or memory',
  ],
  [
    'less for all than for one',
    pod({ resources: { requests: { cpu: '1' } }, containers: [{ ...main, resources: { requests: { cpu: '2' } } }] }),
    'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
  ],
  [
    'devices for all',
    pod({ resourceClaims: [{ name: 'g', resourceClaimName: 'c' }], resources: { claims: [{ name: 'g' }] } }),
    'spec.resources.claims: Forbidden: claims cannot be set for Resources at pod-level',
  ],
  [
    'disks for all',
    pod({ resources: { requests: { 'ephemeral-storage': '1Gi' } } }),
    'spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage"',
  ],
  [
    'a resize policy of disks',
    withMain({ resizePolicy: [{ resourceName: 'disk', restartPolicy: 'NotRequired' }] }),
    'resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
  ],
  [
    'DNS of its own without servers',
    pod({ dnsPolicy: 'None', dnsConfig: {} }),
    'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
  ],
  [
    'four name servers',
    pod({ dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } }),
    'must not have more than 3 nameservers',
  ],
  [
    'an alias of no address',
    pod({ hostAliases: [{ ip: 'x' }] }),
    'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address',
  ],
  [
    'a readiness gate of no name',
    pod({ readinessGates: [{ conditionType: 'a b' }] }),
    'spec.readinessGates[0].conditionType: Invalid value: "a b"',
  ],
  [
    'a scheduling gate twice',
    pod({ schedulingGates: [{ name: 'a' }, { name: 'a' }] }),
    'spec.schedulingGates[1]: Duplicate value: "a"',
  ],
  [
    'a spread twice',
    pod({ topologySpreadConstraints: [spread, spread] }),
    'spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
  ],
  [
    'least domains that bind nobody',
    pod({ topologySpreadConstraints: [{ ...spread, whenUnsatisfiable: 'ScheduleAnyway', minDomains: 1 }] }),
    'can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
  ],
  [
    'keys without a selector',
    pod({ topologySpreadConstraints: [{ ...spread, labelSelector: null, matchLabelKeys: ['a'] }] }),
    'matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
  ],
  [
    'a token for nobody',
    pod({ volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] }),
    'must not be specified when serviceAccountName is not set',
  ],
  [
    'a variable from a file outside',
    withMain({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } }] }),
    'valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu"',
  ],
];

test.each(GOOD)('a pod with %s is taken', (_, body) => {
  expect(created<Pod>(PODS, body).status?.phase).toBe('Pending');
});

test.each(BAD)('a pod with %s is refused', (_, body, message) => {
  const error = failureOf(() => created(PODS, body));
  expect(error.message).toContain(message);
  expect(error.status.code).toBe(422);
});

describe('the quality of service', () => {
  const amounts = { cpu: '1', memory: '1Gi' };
  test.each<[string, string, object]>([
    [
      'is guaranteed when all limits are requests',
      'Guaranteed',
      withMain({ resources: { limits: amounts, requests: amounts } }),
    ],
    [
      'is burstable when a container asks for less',
      'Burstable',
      withMain({ resources: { limits: amounts, requests: { cpu: '500m' } } }),
    ],
    ['is best effort when nobody asks', 'BestEffort', pod()],
    ['is that of the pod as a whole where it says so', 'Guaranteed', pod({ resources: { limits: amounts } })],
  ])('%s', (_, expected, body) => {
    expect(created<Pod>(PODS, body).status?.qosClass).toBe(expected);
  });

  test('a pod with limits as a whole asks for what its containers ask for, and for its limits where they are silent', () => {
    const init = [{ name: 'i', image: 'b', resources: { requests: { cpu: '3' } } }];
    const body = pod({ initContainers: init, resources: { limits: { cpu: '4', memory: '1Gi' } } });
    expect(created<Pod>(PODS, body).spec?.resources?.requests).toEqual({ cpu: '3', memory: '1Gi' });
  });
});

describe('a pod with more mistakes than an answer has room for', () => {
  test('is looked at until there are enough of them', () => {
    let looked = 0;
    const containers = new Proxy(
      Array.from({ length: 200_000 }, () => ({})),
      {
        get(target, name, receiver) {
          if (typeof name === 'string' && /^\d+$/.test(name)) looked++;
          return Reflect.get(target, name, receiver) as unknown;
        },
      },
    );
    const errors = validatePodSpec({ containers } as unknown as PodSpec, 'spec');
    expect(errors.length).toBe(INVALID_CAUSES_LIMIT + 1);
    // Host ports are compared over all of them, in a pass of their own.
    expect(looked - containers.length).toBeLessThan(INVALID_CAUSES_LIMIT);
    const missing: unknown = apiSchema().missing('io.k8s.api.core.v1.PodSpec', {
      containers: containers.slice(0, 5_000),
    });
    expect(missing).toHaveLength(INVALID_CAUSES_LIMIT + 1);
  });
});
