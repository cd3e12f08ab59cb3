// One valid object of each kind that the walk in cluster-kinds.test.ts takes through all verbs.

export interface Sample {
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Three names; most kinds take any. */
  readonly names?: readonly [string, string, string];
  /** Everything but kind, apiVersion and metadata. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Where there is a status: what it may become. */
  readonly status?: object;
}

const NETWORKING = 'networking.k8s.io';
const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';
const DEVICES = 'resource.k8s.io';

const backend = { service: { name: 'web', port: { number: 80 } } };
const webhooks = [
  {
    name: 'a.example.com',
    clientConfig: { url: 'https://hook.example.com/check' },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    rules: [{ operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }],
  },
];
const matchConstraints = { resourceRules: webhooks[0]?.rules };
const roleRef = { kind: 'ClusterRole', name: 'view' };
const gpu = { name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } };
const condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Checked',
  message: 'all is well',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

export function samples(request: string): readonly Sample[] {
  return [
    {
      group: NETWORKING,
      plural: 'ingresses',
      namespaced: true,
      body: { spec: { defaultBackend: backend } },
      status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } },
    },
    { group: NETWORKING, plural: 'ingressclasses', namespaced: false, body: { spec: { controller: 'example.com/c' } } },
    { group: NETWORKING, plural: 'networkpolicies', namespaced: true, body: { spec: { podSelector: {} } } },
    {
      group: NETWORKING,
      plural: 'ipaddresses',
      namespaced: false,
      names: ['10.1.0.1', '10.1.0.2', '2001:db8::1'],
      body: { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } } },
    },
    {
      group: NETWORKING,
      plural: 'servicecidrs',
      namespaced: false,
      body: { spec: { cidrs: ['10.1.0.0/24'] } },
      status: { conditions: [condition] },
    },
    {
      group: RBAC,
      plural: 'roles',
      namespaced: true,
      body: { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
    },
    {
      group: RBAC,
      plural: 'rolebindings',
      namespaced: true,
      body: { roleRef, subjects: [{ kind: 'User', name: 'jane' }] },
    },
    {
      group: RBAC,
      plural: 'clusterroles',
      namespaced: false,
      names: ['system:a', 'system:b', 'system:c'],
      body: { rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }] },
    },
    { group: RBAC, plural: 'clusterrolebindings', namespaced: false, body: { roleRef } },
    {
      group: 'certificates.k8s.io',
      plural: 'certificatesigningrequests',
      namespaced: false,
      body: { spec: { request, signerName: 'example.com/people', usages: ['client auth'] } },
      status: { conditions: [condition] },
    },
    { group: ADMISSION, plural: 'mutatingwebhookconfigurations', namespaced: false, body: { webhooks } },
    { group: ADMISSION, plural: 'validatingwebhookconfigurations', namespaced: false, body: { webhooks } },
    {
      group: ADMISSION,
      plural: 'validatingadmissionpolicies',
      namespaced: false,
      body: { spec: { matchConstraints, validations: [{ expression: 'true' }] } },
      status: { conditions: [condition] },
    },
    {
      group: ADMISSION,
      plural: 'validatingadmissionpolicybindings',
      namespaced: false,
      body: { spec: { policyName: 'p', validationActions: ['Audit'] } },
    },
    {
      group: ADMISSION,
      plural: 'mutatingadmissionpolicies',
      namespaced: false,
      body: {
        spec: {
          matchConstraints,
          reinvocationPolicy: 'Never',
          mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
        },
      },
    },
    {
      group: ADMISSION,
      plural: 'mutatingadmissionpolicybindings',
      namespaced: false,
      body: { spec: { policyName: 'p' } },
    },
    { group: DEVICES, plural: 'deviceclasses', namespaced: false, body: { spec: {} } },
    {
      group: DEVICES,
      plural: 'resourceclaims',
      namespaced: true,
      body: { spec: { devices: { requests: [gpu] } } },
      status: { allocation: { devices: { results: [{ request: 'gpu', driver: 'd.com', pool: 'p', device: 'd' }] } } },
    },
    {
      group: DEVICES,
      plural: 'resourceclaimtemplates',
      namespaced: true,
      body: { spec: { spec: { devices: { requests: [gpu] } } } },
    },
    {
      group: DEVICES,
      plural: 'resourceslices',
      namespaced: false,
      body: {
        spec: {
          driver: 'd.com',
          nodeName: 'n',
          pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
          devices: [{ name: 'a', capacity: { memory: { value: '1Gi' } } }],
        },
      },
    },
  ];
}
