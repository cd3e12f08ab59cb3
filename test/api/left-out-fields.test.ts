// Whatever is left out of an object, or emptied: it is stored or refused with findings, and never breaks the server.
import { expect, test } from 'vitest';
import { ApiError, cloneJson, type Json } from '../../src/api/index.ts';
import { created, PODS, pod, resource } from './support.ts';
import { VOLUME_SAMPLES } from './volume-samples.ts';

const metadata = { name: 'x' };
const selector = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] };
const nodes = {
  nodeSelectorTerms: [
    {
      matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }],
    },
  ],
};
const podTerm = { labelSelector: selector, topologyKey: 'zone', namespaces: ['n'] };
const amounts = { cpu: '1', memory: '1Gi' };
const container = {
  name: 'main',
  image: 'busybox',
  ports: [{ name: 'http', containerPort: 80, hostPort: 80 }],
  env: [
    { name: 'A', value: 'a' },
    { name: 'B', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
    { name: 'C', valueFrom: { resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1' } } },
    { name: 'D', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a']" } } },
  ],
  envFrom: [{ prefix: 'P', secretRef: { name: 's' } }],
  volumeMounts: [{ name: 'v0', mountPath: '/v', subPath: 's', mountPropagation: 'None' }],
  volumeDevices: [{ name: 'v10', devicePath: '/dev/x' }],
  resources: { limits: amounts, requests: amounts, claims: [{ name: 'gpu', request: 'r' }] },
  resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
  restartPolicy: 'Always',
  restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
  livenessProbe: { httpGet: { path: '/', port: 80, httpHeaders: [{ name: 'a', value: 'b' }] } },
  readinessProbe: { exec: { command: ['x'] } },
  startupProbe: { tcpSocket: { port: 80 } },
  lifecycle: { preStop: { sleep: { seconds: 1 } }, postStart: { exec: { command: ['x'] } } },
  securityContext: {
    seccompProfile: { type: 'Localhost', localhostProfile: 'p' },
    appArmorProfile: { type: 'Localhost', localhostProfile: 'p' },
    capabilities: { add: ['X'] },
  },
};
const podSpec = {
  volumes: VOLUME_SAMPLES.map((volume, index) => ({ name: `v${index}`, ...volume })),
  containers: [container],
  initContainers: [{ ...container, name: 'side' }],
  serviceAccountName: 'a',
  resourceClaims: [{ name: 'gpu', resourceClaimName: 'c' }],
  resources: { limits: { cpu: '4', memory: '4Gi' }, requests: { cpu: '4', memory: '4Gi' } },
  securityContext: { sysctls: [{ name: 'kernel.sem', value: '1' }], supplementalGroups: [1] },
  dnsConfig: { nameservers: ['10.0.0.1'], searches: ['a.b'], options: [{ name: 'ndots', value: '1' }] },
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }],
  readinessGates: [{ conditionType: 'a/b' }],
  schedulingGates: [{ name: 'a/b' }],
  tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute', tolerationSeconds: 1 }],
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: selector,
      matchLabelKeys: ['c'],
    },
  ],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: nodes,
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: nodes.nodeSelectorTerms[0] }],
    },
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [podTerm],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: podTerm }],
    },
  },
  os: { name: 'linux' },
  overhead: { cpu: '1' },
};
const VOLUME_SPEC = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], nodeAffinity: { required: nodes } };
const source = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
const storage = (plural: string) => resource('storage.k8s.io', plural);
const csi = { driver: 'a.b', volumeHandle: 'h', nodePublishSecretRef: { name: 's', namespace: 'n' } };
const COMPLETE = [
  [PODS, pod(podSpec)],
  [resource('', 'persistentvolumes'), { metadata, spec: { ...VOLUME_SPEC, csi } }],
  [resource('', 'persistentvolumes'), { metadata, spec: { ...VOLUME_SPEC, local: { path: '/x' } } }],
  [resource('', 'persistentvolumes'), { metadata, spec: { ...VOLUME_SPEC, nfs: { server: 's', path: '/p' } } }],
  [
    resource('', 'persistentvolumeclaims'),
    {
      metadata,
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        selector,
        dataSource: source,
        dataSourceRef: source,
      },
    },
  ],
  [
    storage('storageclasses'),
    {
      metadata,
      provisioner: 'a/b',
      parameters: { a: 'b' },
      allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }],
    },
  ],
  [storage('csidrivers'), { metadata, spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 600 }] } }],
  [
    storage('csinodes'),
    {
      metadata,
      spec: { drivers: [{ name: 'a.b', nodeID: 'n', topologyKeys: ['zone'], allocatable: { count: 1 } }] },
    },
  ],
  [storage('csistoragecapacities'), { metadata, storageClassName: 's', nodeTopology: selector, capacity: '1Gi' }],
  [
    storage('volumeattachments'),
    {
      metadata,
      spec: { attacher: 'a.b', nodeName: 'n', source: { inlineVolumeSpec: { accessModes: ['ReadWriteOnce'], csi } } },
    },
  ],
  [storage('volumeattributesclasses'), { metadata, driverName: 'a.b', parameters: { a: 'b' } }],
] as const;

/** The object without each of its parts in turn, and with each emptied. */
function* damaged(whole: Json): Generator<Json> {
  const copy = cloneJson(whole);
  function* inside(at: Json): Generator<Json> {
    if (typeof at !== 'object' || at === null) return;
    const holder = at as Record<string, Json | undefined>;
    for (const key of Object.keys(holder)) {
      const before = holder[key];
      if (before === undefined) continue;
      const empty = Array.isArray(before) ? [] : typeof before === 'object' ? {} : typeof before === 'string' ? '' : 0;
      for (const left of [null, empty]) {
        holder[key] = left;
        yield copy;
      }
      holder[key] = before;
      yield* inside(before);
    }
  }
  yield* inside(copy);
}

test.each(COMPLETE)('$plural (%#)', (definition, whole) => {
  created(definition, whole);
  let refused = 0;
  for (const body of damaged(whole as unknown as Json)) {
    try {
      created(definition, body as object);
    } catch (error) {
      const text = JSON.stringify(body);
      if (!(error instanceof ApiError)) throw new Error(`broke on ${text.slice(0, 4_000)}`, { cause: error });
      expect([400, 422]).toContain(error.status.code);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(0);
});
