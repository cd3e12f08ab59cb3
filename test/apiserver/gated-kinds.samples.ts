// One valid object of each version behind a feature gate, for the walk in gated-kinds.test.ts.

export interface GatedSample {
  readonly plural: string;
  readonly namespaced: boolean;
  readonly names?: readonly [string, string];
  readonly body: Readonly<Record<string, unknown>>;
  readonly status?: object;
}

export interface Given {
  /** DER in base64. */
  readonly request: string;
  /** PEM of a certificate authority. */
  readonly authority: string;
}

const RULES = [{ operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }];
const condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Checked',
  message: 'all is well',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const allocation = { devices: { results: [{ request: 'gpu', driver: 'd.com', pool: 'p', device: 'd' }] } };
const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
const capacity = { memory: { value: '1Gi' } };
const gang = { gang: { minCount: 3 } };

/** By group version. */
export function gatedSamples({ request, authority }: Given): Readonly<Record<string, readonly GatedSample[]>> {
  const policies: GatedSample[] = [
    {
      plural: 'mutatingadmissionpolicies',
      namespaced: false,
      body: {
        spec: {
          matchConstraints: { resourceRules: RULES },
          reinvocationPolicy: 'Never',
          mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
        },
      },
    },
    { plural: 'mutatingadmissionpolicybindings', namespaced: false, body: { spec: { policyName: 'p' } } },
  ];
  const bundle: GatedSample = {
    plural: 'clustertrustbundles',
    namespaced: false,
    names: ['example.com:ca:one', 'example.com:ca:two'],
    body: { spec: { signerName: 'example.com/ca', trustBundle: authority } },
  };
  const candidate: GatedSample = {
    plural: 'leasecandidates',
    namespaced: true,
    body: {
      spec: { leaseName: 'l', binaryVersion: '1.36.0', emulationVersion: '1.35.0', strategy: 'OldestEmulationVersion' },
    },
  };
  const devices = (asked: object, device: object): GatedSample[] => [
    { plural: 'deviceclasses', namespaced: false, body: { spec: {} } },
    {
      plural: 'resourceclaims',
      namespaced: true,
      body: { spec: { devices: { requests: [asked] } } },
      status: { allocation },
    },
    {
      plural: 'resourceclaimtemplates',
      namespaced: true,
      body: { spec: { spec: { devices: { requests: [asked] } } } },
    },
    {
      plural: 'resourceslices',
      namespaced: false,
      body: { spec: { driver: 'd.com', nodeName: 'n', pool, devices: [device] } },
    },
  ];
  const rule: GatedSample = {
    plural: 'devicetaintrules',
    namespaced: false,
    body: { spec: { deviceSelector: { driver: 'd.com' }, taint: { key: 'broken', effect: 'NoSchedule' } } },
    status: { conditions: [condition] },
  };
  const gpu = { deviceClassName: 'gpu.example.com' };
  return {
    'admissionregistration.k8s.io/v1beta1': policies,
    'admissionregistration.k8s.io/v1alpha1': policies,
    'certificates.k8s.io/v1beta1': [
      bundle,
      {
        plural: 'podcertificaterequests',
        namespaced: true,
        body: {
          spec: {
            signerName: 'example.com/pods',
            podName: 'web',
            podUID: 'u1',
            serviceAccountName: 'default',
            serviceAccountUID: 'u2',
            nodeName: 'n',
            nodeUID: 'u3',
            stubPKCS10Request: request,
          },
        },
        status: { conditions: [{ ...condition, type: 'Denied' }] },
      },
    ],
    'certificates.k8s.io/v1alpha1': [bundle],
    'coordination.k8s.io/v1beta1': [candidate],
    'coordination.k8s.io/v1alpha2': [candidate],
    'internal.apiserver.k8s.io/v1alpha1': [
      {
        plural: 'storageversions',
        namespaced: false,
        names: ['apps.deployments', 'apps.daemonsets'],
        body: {},
        status: {
          commonEncodingVersion: 'v1',
          storageVersions: [{ apiServerID: 'a', encodingVersion: 'v1', decodableVersions: ['v1'] }],
        },
      },
    ],
    'networking.k8s.io/v1beta1': [
      {
        plural: 'ipaddresses',
        namespaced: false,
        names: ['10.1.0.1', '10.1.0.2'],
        body: { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } } },
      },
      {
        plural: 'servicecidrs',
        namespaced: false,
        body: { spec: { cidrs: ['10.1.0.0/24'] } },
        status: { conditions: [condition] },
      },
    ],
    'resource.k8s.io/v1beta2': [...devices({ name: 'gpu', exactly: gpu }, { name: 'a', capacity }), rule],
    'resource.k8s.io/v1beta1': devices({ name: 'gpu', ...gpu }, { name: 'a', basic: { capacity } }),
    'resource.k8s.io/v1alpha3': [
      rule,
      {
        plural: 'resourcepoolstatusrequests',
        namespaced: false,
        body: { spec: { driver: 'd.com', poolName: 'p' } },
        status: { poolCount: 1, pools: [{ driver: 'd.com', poolName: 'p', generation: 1, totalDevices: 2 }] },
      },
    ],
    'scheduling.k8s.io/v1alpha2': [
      {
        plural: 'workloads',
        namespaced: true,
        body: { spec: { podGroupTemplates: [{ name: 'workers', schedulingPolicy: gang }] } },
      },
      {
        plural: 'podgroups',
        namespaced: true,
        body: {
          spec: {
            podGroupTemplateRef: { workload: { workloadName: 'w', podGroupTemplateName: 'workers' } },
            schedulingPolicy: gang,
          },
        },
        status: { conditions: [condition] },
      },
    ],
    'storage.k8s.io/v1beta1': [
      {
        plural: 'volumeattributesclasses',
        namespaced: false,
        body: { driverName: 'd.com', parameters: { iops: '1' } },
      },
    ],
    'storagemigration.k8s.io/v1beta1': [
      {
        plural: 'storageversionmigrations',
        namespaced: false,
        body: { spec: { resource: { group: 'apps', resource: 'deployments' } } },
        status: { resourceVersion: '12', conditions: [{ ...condition, type: 'Running' }] },
      },
    ],
  };
}
