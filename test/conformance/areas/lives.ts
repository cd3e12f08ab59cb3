// Kinds whose whole life is walked alike: one row each, with an object of the kind.
import { behaviour } from '../behaviour.ts';
import { type Walk, walkLife } from '../walk.ts';

const CONTAINER = { name: 'web', image: 'busybox:1.35' };
const LABELS = { app: 'walked' };
const TEMPLATE = { metadata: { labels: LABELS }, spec: { containers: [CONTAINER] } };
const JOB_TEMPLATE = { spec: { restartPolicy: 'Never', containers: [CONTAINER] } };
const RULES = [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }];
const CONDITION = {
  type: 'Walked',
  status: 'True',
  reason: 'Test',
  message: 'written by a test',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

type Row = Pick<Walk, 'object'> & Partial<Pick<Walk, 'status' | 'change'>>;

function life(id: string, group: string, plural: string, kind: string, scope: 'cluster' | 'namespace', row: Row): void {
  const walk: Walk = { group, version: 'v1', plural, kind, namespaced: scope === 'namespace', ...row };
  behaviour(id, (scene) => walkLife(scene, walk));
}

life('CB-001', 'flowcontrol.apiserver.k8s.io', 'flowschemas', 'FlowSchema', 'cluster', {
  object: {
    spec: {
      matchingPrecedence: 10_000,
      priorityLevelConfiguration: { name: 'global-default' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'walked-by-a-test' } }],
          resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], namespaces: ['walked'] }],
        },
      ],
    },
  },
  status: { conditions: [CONDITION] },
});
life('CB-002', 'flowcontrol.apiserver.k8s.io', 'prioritylevelconfigurations', 'PriorityLevelConfiguration', 'cluster', {
  object: {
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } },
  },
  status: { conditions: [CONDITION] },
});
life('CB-085', 'admissionregistration.k8s.io', 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy', 'cluster', {
  object: {
    spec: {
      failurePolicy: 'Ignore',
      matchConstraints: { resourceRules: RULES },
      validations: [{ expression: 'object.spec.replicas <= 100' }],
    },
  },
  status: { conditions: [CONDITION] },
});
life(
  'CB-086',
  'admissionregistration.k8s.io',
  'validatingadmissionpolicybindings',
  'ValidatingAdmissionPolicyBinding',
  'cluster',
  { object: { spec: { policyName: 'walked.example.com', validationActions: ['Deny'] } } },
);
life('CB-099', 'batch', 'cronjobs', 'CronJob', 'namespace', {
  object: { spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: JOB_TEMPLATE } } } },
  status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
});
life('CB-190', 'discovery.k8s.io', 'endpointslices', 'EndpointSlice', 'namespace', {
  object: { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }], ports: [{ name: 'http', port: 80 }] },
});
life('CB-193', 'networking.k8s.io', 'ingresses', 'Ingress', 'namespace', {
  object: { spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
  status: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } },
});
life('CB-194', 'networking.k8s.io', 'ingressclasses', 'IngressClass', 'cluster', {
  object: { spec: { controller: 'example.com/controller' } },
});
life('CB-254', 'coordination.k8s.io', 'leases', 'Lease', 'namespace', {
  object: { spec: { holderIdentity: 'somebody', leaseDurationSeconds: 30, leaseTransitions: 0 } },
});
life('CB-287', 'node.k8s.io', 'runtimeclasses', 'RuntimeClass', 'cluster', { object: { handler: 'walked' } });
life('CB-319', 'storage.k8s.io', 'csidrivers', 'CSIDriver', 'cluster', { object: { spec: { attachRequired: true } } });
life('CB-321', 'storage.k8s.io', 'csinodes', 'CSINode', 'cluster', {
  object: { spec: { drivers: [{ name: 'walked.example.com', nodeID: 'walked', topologyKeys: [] }] } },
});
life('CB-322', 'storage.k8s.io', 'csistoragecapacities', 'CSIStorageCapacity', 'namespace', {
  object: { storageClassName: 'walked' },
});
life('CB-401', 'storage.k8s.io', 'storageclasses', 'StorageClass', 'cluster', {
  object: { provisioner: 'walked.example.com' },
});
life('CB-408', 'storage.k8s.io', 'volumeattachments', 'VolumeAttachment', 'cluster', {
  object: {
    spec: { attacher: 'walked.example.com', nodeName: 'walked', source: { persistentVolumeName: 'walked' } },
  },
});
life('CB-223', '', 'configmaps', 'ConfigMap', 'namespace', {
  object: { data: { a: '1' } },
  change: (object) => {
    object.data = { ...object.data, b: '2' };
  },
});
life('CB-291', '', 'secrets', 'Secret', 'namespace', { object: { data: { a: 'MQ==' } } });
life('CB-260', '', 'podtemplates', 'PodTemplate', 'namespace', { object: { template: TEMPLATE } });
life('CB-219', '', 'endpoints', 'Endpoints', 'namespace', {
  object: { subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ name: 'http', port: 80 }] }] },
});
life('CB-155', '', 'serviceaccounts', 'ServiceAccount', 'namespace', {
  object: { automountServiceAccountToken: false },
});
life('CB-309', '', 'limitranges', 'LimitRange', 'namespace', {
  object: { spec: { limits: [{ type: 'Pod', max: { cpu: '2' } }] } },
});
life('CB-117', 'policy', 'poddisruptionbudgets', 'PodDisruptionBudget', 'namespace', {
  object: { spec: { minAvailable: 1, selector: { matchLabels: LABELS } } },
});
life('CB-126', 'batch', 'jobs', 'Job', 'namespace', {
  object: { spec: { suspend: true, template: JOB_TEMPLATE } },
});
