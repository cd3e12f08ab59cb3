// The rules of volumes, claims and the storage.k8s.io kinds: what is stored, what is refused with which cause, what may change.
import { describe, expect, test } from 'vitest';
import {
  cloneJson,
  type KubeObject,
  type PersistentVolume,
  type PersistentVolumeClaim,
  prepareStatusUpdate,
  type ResourceDefinition,
  tableOf,
  validateStatusUpdate,
} from '../../src/api/index.ts';
import { context, created, failure, failureOf, resource, schema, updated } from './support.ts';

const VOLUMES = resource('', 'persistentvolumes');
const CLAIMS = resource('', 'persistentvolumeclaims');
const storage = (plural: string): ResourceDefinition => resource('storage.k8s.io', plural);

const metadata = { name: 'x' };
const volumeSpec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } };
const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const volume = (spec: object = {}): object => ({ metadata, spec: { ...volumeSpec, ...spec } });
const claim = (spec: object = {}): object => ({ metadata, spec: { ...claimSpec, ...spec } });
const csi = { driver: 'example.com', volumeHandle: 'h' };

describe('storing', () => {
  test('a volume is retained, a filesystem and pending since now', () => {
    const stored = created<PersistentVolume>(VOLUMES, { ...volume(), status: { phase: 'Bound' } });
    expect(stored.spec).toMatchObject({ persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
    expect(stored.status).toEqual({ phase: 'Pending', lastPhaseTransitionTime: '2026-01-02T03:04:05Z' });
  });

  test('a source of data is named in both fields, unless it is of another namespace or kind', () => {
    const stored = (spec: object) => created<PersistentVolumeClaim>(CLAIMS, claim(spec)).spec;
    const other = { kind: 'PersistentVolumeClaim', name: 'other' };
    expect(stored({ dataSource: other })?.dataSourceRef).toEqual(other);
    expect(stored({ dataSourceRef: other })?.dataSource).toEqual(other);
    expect(stored({ dataSourceRef: { ...other, namespace: 'far' } })?.dataSource).toBeUndefined();
    expect(stored({ dataSource: { apiGroup: 'example.com', kind: 'Blob', name: 'b' } })).not.toHaveProperty(
      'dataSource',
    );
  });

  test('a CSIDriver without a spec has all defaults, a CSINode an empty list of drivers', () => {
    expect(created(storage('csidrivers'), { metadata })).toMatchObject({ spec: { attachRequired: true } });
    expect(created(storage('csinodes'), { metadata, spec: {} })).toMatchObject({ spec: { drivers: [] } });
  });
});

const BAD: readonly [string, ResourceDefinition, object, string][] = [
  ['no source', VOLUMES, volume({ hostPath: null }), 'spec: Required value: must specify a volume type'],
  ['two sources', VOLUMES, volume({ csi }), 'spec.csi: Forbidden: may not specify more than 1 volume type'],
  [
    'no capacity',
    VOLUMES,
    volume({ capacity: {} }),
    'spec.capacity: Unsupported value: {}: supported values: "storage"',
  ],
  [
    'no size',
    VOLUMES,
    volume({ capacity: { storage: '0' } }),
    'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
  ],
  ['no access modes', VOLUMES, volume({ accessModes: [] }), 'spec.accessModes: Required value'],
  [
    'an access mode that is none',
    VOLUMES,
    volume({ accessModes: ['Often'] }),
    'spec.accessModes: Unsupported value: "Often": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
  ],
  [
    'one pod and others',
    VOLUMES,
    volume({ accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'] }),
    'may not use ReadWriteOncePod with other access modes',
  ],
  [
    'a local path on any node',
    VOLUMES,
    volume({ hostPath: null, local: { path: '/d' } }),
    'spec.nodeAffinity: Required value: Local volume requires node affinity',
  ],
  [
    'an affinity to no node',
    VOLUMES,
    volume({ nodeAffinity: { required: { nodeSelectorTerms: [] } } }),
    'spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term',
  ],
  [
    'an affinity without requirements',
    VOLUMES,
    volume({ nodeAffinity: {} }),
    'spec.nodeAffinity.required: Required value: must specify required node constraints',
  ],
  [
    'a root that is recycled',
    VOLUMES,
    volume({ hostPath: { path: '//' }, persistentVolumeReclaimPolicy: 'Recycle' }),
    "may not be 'recycle' for a hostPath mount of '/'",
  ],
  [
    'a CSI volume without a handle',
    VOLUMES,
    volume({ hostPath: null, csi: { driver: 'a.b' } }),
    'spec.csi.volumeHandle: Required value',
  ],
  [
    'attributes of no driver',
    VOLUMES,
    volume({ volumeAttributesClassName: 'fast' }),
    'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
  ],
  [
    'no access modes',
    CLAIMS,
    claim({ accessModes: [] }),
    'spec.accessModes: Required value: at least 1 access mode is required',
  ],
  ['no request', CLAIMS, claim({ resources: {} }), 'spec.resources[storage]: Required value'],
  [
    'a volume mode that is none',
    CLAIMS,
    claim({ volumeMode: 'Tape' }),
    'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
  ],
  [
    'a source of the core group',
    CLAIMS,
    claim({ dataSourceRef: { kind: 'Pod', name: 'p' } }),
    "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
  ],
  ['no provisioner', storage('storageclasses'), { metadata, provisioner: '' }, 'provisioner: Required value'],
  [
    'a policy of volumes only',
    storage('storageclasses'),
    { metadata, provisioner: 'a', reclaimPolicy: 'Recycle' },
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ],
  [
    'a topology twice',
    storage('storageclasses'),
    {
      metadata,
      provisioner: 'a',
      allowedTopologies: ['b', 'b'].map((value) => ({ matchLabelExpressions: [{ key: 'zone', values: [value] }] })),
    },
    'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
  ],
  [
    'no parameters',
    storage('volumeattributesclasses'),
    { metadata, driverName: 'a.b' },
    'parameters: Required value: must contain at least one key/value pair',
  ],
  [
    'an audience twice',
    storage('csidrivers'),
    { metadata, spec: { tokenRequests: [{ audience: 'a' }, { audience: 'a' }] } },
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
  ],
  [
    'a life cycle that is none',
    storage('csidrivers'),
    { metadata, spec: { volumeLifecycleModes: ['Eternal'] } },
    'spec.volumeLifecycleModes: Unsupported value: "Eternal"',
  ],
  [
    'a driver twice',
    storage('csinodes'),
    { metadata, spec: { drivers: ['n', 'm'].map((nodeID) => ({ name: 'a.b', nodeID })) } },
    'spec.drivers[1].name: Duplicate value: "a.b"',
  ],
  [
    'a driver that knows no node',
    storage('csinodes'),
    { metadata, spec: { drivers: [{ name: 'a.b', nodeID: '' }] } },
    'spec.drivers[0].nodeID: Required value',
  ],
  [
    'less than no capacity',
    storage('csistoragecapacities'),
    { metadata, storageClassName: 'a', capacity: '-1' },
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'no source',
    storage('volumeattachments'),
    { metadata, spec: { attacher: 'a.b', nodeName: 'n', source: {} } },
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  [
    'an inline volume that is none of CSI',
    storage('volumeattachments'),
    { metadata, spec: { attacher: 'a.b', nodeName: 'n', source: { inlineVolumeSpec: volumeSpec } } },
    'inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes',
  ],
];

describe('refusing', () => {
  test.each(BAD)('%s (%#)', (_, definition, body, message) => {
    const error = failureOf(() => created(definition, body));
    expect(error.status).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(error.message).toContain(message);
  });
});

type Change = (object: KubeObject) => void;
const set =
  (...path: string[]) =>
  (value: unknown): Change =>
  (object) => {
    let at = object as unknown as Record<string, unknown>;
    for (const step of path.slice(0, -1)) {
      at[step] ??= {};
      at = at[step] as Record<string, unknown>;
    }
    at[path.at(-1) ?? ''] = value;
  };

describe('changing', () => {
  const bound = (spec: object = {}): PersistentVolumeClaim => ({
    ...created<PersistentVolumeClaim>(CLAIMS, claim({ volumeName: 'v', storageClassName: 's', ...spec })),
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
  });
  const attachment = { attacher: 'a.b', nodeName: 'n', source: { persistentVolumeName: 'v' } };
  const node = { spec: { drivers: [{ name: 'a.b', nodeID: 'n', topologyKeys: ['zone'] }] } };
  const versioned = (definition: ResourceDefinition, body: object): KubeObject => {
    const object = created(definition, { metadata, ...body });
    return { ...object, metadata: { ...object.metadata, resourceVersion: '7' } };
  };
  const CLASS = versioned(storage('storageclasses'), { provisioner: 'a', parameters: { a: 'b' } });
  const unbound = created<PersistentVolumeClaim>(CLAIMS, claim());

  test.each<[string, ResourceDefinition, KubeObject, Change]>([
    ['a volume’s capacity', VOLUMES, created(VOLUMES, volume()), set('spec', 'capacity', 'storage')('2Gi')],
    ['a volume’s claim', VOLUMES, created(VOLUMES, volume()), set('spec', 'claimRef')({ name: 'c', namespace: 'd' })],
    ['a bound claim’s size', CLAIMS, bound(), set('spec', 'resources', 'requests', 'storage')('2Gi')],
    ['a bound claim’s attributes', CLAIMS, bound(), set('spec', 'volumeAttributesClassName')('fast')],
    ['the volume of a claim that has none', CLAIMS, unbound, set('spec', 'volumeName')('v')],
    ['the class of a claim that has none', CLAIMS, unbound, set('spec', 'storageClassName')('s')],
    ['whether a class expands', storage('storageclasses'), CLASS, set('allowVolumeExpansion')(true)],
    [
      'a driver’s republishing',
      storage('csidrivers'),
      versioned(storage('csidrivers'), {}),
      set('spec', 'requiresRepublish')(true),
    ],
    [
      'how many volumes a node takes',
      storage('csinodes'),
      versioned(storage('csinodes'), node),
      set('spec', 'drivers', '0', 'allocatable')({ count: 1 }),
    ],
    ['the drivers of a node', storage('csinodes'), versioned(storage('csinodes'), node), set('spec', 'drivers')([])],
    [
      'a capacity',
      storage('csistoragecapacities'),
      versioned(storage('csistoragecapacities'), { storageClassName: 's' }),
      set('capacity')('1Gi'),
    ],
  ])('takes %s', (_, definition, old, change) => {
    const expected = cloneJson(old);
    change(expected);
    expect(updated(definition, old, change)).toEqual(expected);
  });

  test.each<[string, ResourceDefinition, KubeObject, Change, string]>([
    [
      'a volume’s source',
      VOLUMES,
      created(VOLUMES, volume()),
      set('spec', 'hostPath', 'path')('/y'),
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ],
    [
      'a volume’s mode',
      VOLUMES,
      created(VOLUMES, volume()),
      set('spec', 'volumeMode')('Block'),
      'volumeMode: Invalid value: "Block": field is immutable',
    ],
    [
      'an unbound claim’s size',
      CLAIMS,
      unbound,
      set('spec', 'resources', 'requests', 'storage')('2Gi'),
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ],
    [
      'a claim’s access modes',
      CLAIMS,
      bound(),
      set('spec', 'accessModes')(['ReadOnlyMany']),
      'changed: spec.accessModes',
    ],
    ['a claim’s class', CLAIMS, bound(), set('spec', 'storageClassName')('t'), 'changed: spec.storageClassName'],
    [
      'a claim’s size to less than there is',
      CLAIMS,
      bound(),
      set('spec', 'resources', 'requests', 'storage')('1Mi'),
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ],
    [
      'a claim’s attributes to none',
      CLAIMS,
      bound({ volumeAttributesClassName: 'a' }),
      set('spec', 'volumeAttributesClassName')(null),
      'update from non-nil value to nil is forbidden',
    ],
    [
      'a class’s parameters',
      storage('storageclasses'),
      CLASS,
      set('parameters')({ a: 'c' }),
      'parameters: Forbidden: updates to parameters are forbidden.',
    ],
    [
      'a class’s provisioner',
      storage('storageclasses'),
      CLASS,
      set('provisioner')('b'),
      'provisioner: Forbidden: updates to provisioner are forbidden.',
    ],
    [
      'a class’s binding',
      storage('storageclasses'),
      CLASS,
      set('volumeBindingMode')('WaitForFirstConsumer'),
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
    [
      'how a driver attaches',
      storage('csidrivers'),
      versioned(storage('csidrivers'), {}),
      set('spec', 'attachRequired')(false),
      'spec.attachedRequired: Invalid value: false: field is immutable',
    ],
    [
      'a driver of a node',
      storage('csinodes'),
      versioned(storage('csinodes'), node),
      set('spec', 'drivers', '0', 'nodeID')('m'),
      'spec.drivers: Invalid value: {"name":"a.b","nodeID":"m","topologyKeys":["zone"]}: field is immutable',
    ],
    [
      'a capacity’s class',
      storage('csistoragecapacities'),
      versioned(storage('csistoragecapacities'), { storageClassName: 's' }),
      set('storageClassName')('t'),
      'storageClassName: Invalid value: "t": field is immutable',
    ],
    [
      'an attachment',
      storage('volumeattachments'),
      versioned(storage('volumeattachments'), { spec: attachment }),
      set('spec', 'nodeName')('m'),
      'spec: Invalid value: {"attacher":"a.b","nodeName":"m"',
    ],
    [
      'a driver without naming its version',
      storage('csidrivers'),
      created(storage('csidrivers'), { metadata }),
      set('spec', 'podInfoOnMount')(true),
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    ],
  ])('refuses %s', (_, definition, old, change, message) => {
    expect(failure(() => updated(definition, old, change))).toContain(message);
  });

  test('a claim’s status names resources and states that there are', () => {
    const next = cloneJson(unbound);
    next.status = { allocatedResourceStatuses: { storage: 'Resizing' }, allocatedResources: { memory: '1Gi' } };
    prepareStatusUpdate(schema, CLAIMS, next, unbound, context);
    const message = failure(() => validateStatusUpdate(CLAIMS, next, unbound));
    expect(message).toContain('status.allocatedResources: Unsupported value: "memory": supported values: "storage"');
    expect(message).toContain('status.allocatedResourceStatus: Unsupported value: "storage"');
  });
});

describe('tables', () => {
  const NOW = Date.UTC(2026, 0, 2);
  const options = { version: 'v1', nowMs: NOW, includeObject: 'None', metadata: {} } as const;
  const born = { creationTimestamp: '2026-01-01T00:00:00Z' };
  test.each<[ResourceDefinition, object, object]>([
    [
      VOLUMES,
      {
        metadata: { name: 'v', ...born },
        spec: {
          ...volumeSpec,
          claimRef: { namespace: 'd', name: 'c' },
          storageClassName: 's',
          persistentVolumeReclaimPolicy: 'Retain',
          volumeMode: 'Block',
        },
        status: { phase: 'Bound' },
      },
      {
        Name: 'v',
        Capacity: '1Gi',
        'Access Modes': 'RWO',
        'Reclaim Policy': 'Retain',
        Status: 'Bound',
        Claim: 'd/c',
        StorageClass: 's',
        VolumeAttributesClass: '<unset>',
        Reason: '',
        Age: '24h',
        VolumeMode: 'Block',
      },
    ],
    [VOLUMES, { metadata: { deletionTimestamp: 'x' }, status: { phase: 'Bound' } }, { Status: 'Terminating' }],
    [
      CLAIMS,
      {
        metadata: { name: 'c', ...born },
        spec: { ...claimSpec, volumeName: 'v' },
        status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] },
      },
      {
        Name: 'c',
        Status: 'Bound',
        Volume: 'v',
        Capacity: '2Gi',
        'Access Modes': 'RWO,ROX',
        StorageClass: '',
        VolumeAttributesClass: '<unset>',
        Age: '24h',
        VolumeMode: '<unset>',
      },
    ],
    [CLAIMS, { metadata: {}, spec: claimSpec, status: { phase: 'Pending' } }, { Capacity: '', 'Access Modes': '' }],
    [
      storage('storageclasses'),
      {
        metadata: { name: 's', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' }, ...born },
        provisioner: 'p',
      },
      {
        Name: 's (default)',
        Provisioner: 'p',
        ReclaimPolicy: 'Delete',
        VolumeBindingMode: 'Immediate',
        AllowVolumeExpansion: false,
        Age: '24h',
      },
    ],
    [
      storage('csidrivers'),
      {
        metadata: { name: 'd', ...born },
        spec: { tokenRequests: [{ audience: 'a' }, { audience: 'b' }], volumeLifecycleModes: ['Persistent'] },
      },
      {
        Name: 'd',
        AttachRequired: true,
        PodInfoOnMount: false,
        StorageCapacity: false,
        TokenRequests: 'a,b',
        RequiresRepublish: false,
        Modes: 'Persistent',
        Age: '24h',
      },
    ],
    [
      storage('csinodes'),
      { metadata: { name: 'n', ...born }, spec: { drivers: [{}, {}] } },
      { Name: 'n', Drivers: 2, Age: '24h' },
    ],
    [
      storage('csistoragecapacities'),
      { metadata: { name: 'x' }, storageClassName: 's' },
      { Name: 'x', StorageClassName: 's', Capacity: '<unset>' },
    ],
    [
      storage('volumeattachments'),
      {
        metadata: { name: 'a', ...born },
        spec: { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v' } },
        status: { attached: true },
      },
      { Name: 'a', Attacher: 'd', PV: 'v', Node: 'n', Attached: true, Age: '24h' },
    ],
    [
      storage('volumeattributesclasses'),
      { metadata: { name: 'a', ...born }, driverName: 'd' },
      { Name: 'a', DriverName: 'd', Age: '24h' },
    ],
  ])('of $plural (%#)', (definition, object, expected) => {
    const { columnDefinitions, rows } = tableOf(definition, [object as KubeObject], options);
    const cells = Object.fromEntries(columnDefinitions.map(({ name }, index) => [name, rows[0]?.cells[index]]));
    if (Object.keys(expected).length > 2) expect(cells).toEqual(expected);
    else expect(cells).toMatchObject(expected);
  });
});
