// The volumes of pods: every source in the form that is accepted, and what is refused of it, with Kubernetes' cause.
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../src/api/index.ts';
import { created, failure, failureOf, PODS, pod } from './support.ts';
import { claimTemplate, VOLUME_SAMPLES } from './volume-samples.ts';

const podWith = (...volumes: object[]): object =>
  pod({ serviceAccountName: 'a', volumes: volumes.map((volume, index) => ({ name: `v${index}`, ...volume })) });

test('every source of a volume is taken, alone', () => {
  expect(created<Pod>(PODS, podWith(...VOLUME_SAMPLES)).spec?.volumes).toHaveLength(VOLUME_SAMPLES.length);
});

test('of two sources in one volume the second is refused, whichever they are', () => {
  for (const [index, source] of VOLUME_SAMPLES.entries()) {
    const other = VOLUME_SAMPLES[(index + 1) % VOLUME_SAMPLES.length];
    const both = { ...source, ...other };
    if (Object.keys(both).length < 2) continue;
    expect(failure(() => created(PODS, podWith(both)))).toContain('may not specify more than 1 volume type');
  }
});

const projected = (...sources: object[]): object => ({ projected: { sources } });
const BAD: readonly [string, object, string][] = [
  ['no source', { emptyDir: null, name: '', persistentVolumeClaim: {} }, 'spec.volumes[0].name: Required value'],
  [
    'a negative size',
    { emptyDir: { sizeLimit: '-1' } },
    'emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid',
  ],
  [
    'a host path that climbs',
    { hostPath: { path: '/a/../b' } },
    'hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
  ],
  [
    'a host path of no kind',
    { hostPath: { path: '/a', type: 'Pipe' } },
    'hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ],
  [
    'a relative NFS path',
    { nfs: { server: 's', path: 'p' } },
    'nfs.path: Invalid value: "p": must be an absolute path',
  ],
  [
    'an iSCSI name of no scheme',
    { iscsi: { targetPortal: 'p', iqn: 'x' } },
    'iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
  ],
  [
    'two kinds of fibre channel ids',
    { fc: { targetWWNs: ['w'], wwids: ['i'], lun: 0 } },
    'targetWWNs and wwids can not be specified simultaneously',
  ],
  [
    'reserved options',
    { flexVolume: { driver: 'd', options: { 'x.k8s.io/a': '' } } },
    'kubernetes.io and k8s.io namespaces are reserved',
  ],
  ['a secret without a name', { secret: {} }, 'spec.volumes[0].secret.secretName: Required value'],
  [
    'a file outside of its volume',
    { configMap: { name: 'c', items: [{ key: 'k', path: '../x' }] } },
    'configMap.items[0].path: Invalid value: "../x": must not contain \'..\'',
  ],
  [
    'a file that the kubelet keeps to itself',
    { configMap: { name: 'c', items: [{ key: 'k', path: '..x' }] } },
    "must not start with '..'",
  ],
  [
    'a mode of too many bits',
    { secret: { secretName: 's', defaultMode: 0o1000 } },
    'secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
  ],
  [
    'a claim without a name',
    { persistentVolumeClaim: { claimName: '' } },
    'persistentVolumeClaim.claimName: Required value',
  ],
  ['a CSI driver without a name', { csi: { driver: '' } }, 'csi.driver: Required value'],
  [
    'a CSI secret without a name',
    { csi: { driver: 'a.b', nodePublishSecretRef: {} } },
    'csi.nodePublishSecretRef.name: Required value',
  ],
  [
    'a field that a volume cannot show',
    { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'spec.nodeName' } }] } },
    'fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations"',
  ],
  [
    'a resource of nobody',
    { downwardAPI: { items: [{ path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }] } },
    'resourceFieldRef.containerName: Required value',
  ],
  [
    'a divisor that is none',
    {
      downwardAPI: {
        items: [{ path: 'a', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1k' } }],
      },
    },
    "only divisor's values 1m and 1 are supported with the cpu resource",
  ],
  ['an ephemeral claim without a template', { ephemeral: {} }, 'ephemeral.volumeClaimTemplate: Required value'],
  [
    'a template with a name',
    { ephemeral: { volumeClaimTemplate: { ...claimTemplate, metadata: { name: 'x' } } } },
    'volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
  ],
  [
    'a template without a size',
    { ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } } },
    'volumeClaimTemplate.spec.resources[storage]: Required value',
  ],
  [
    'a token that lives too shortly',
    projected({ serviceAccountToken: { path: 't', expirationSeconds: 60 } }),
    'may not specify a duration less than 10 minutes',
  ],
  [
    'one path twice',
    projected(
      { secret: { name: 's', items: [{ key: 'k', path: 'p' }] } },
      { configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
    ),
    'projected: Invalid value: "c": conflicting duplicate paths',
  ],
  [
    'two projections in one',
    projected({ secret: { name: 's' }, configMap: { name: 'c' } }),
    'projected.sources[0]: Forbidden: may not specify more than 1 volume type per source',
  ],
  [
    'a trust bundle of nobody',
    projected({ clusterTrustBundle: { path: 'ca' } }),
    'clusterTrustBundle: Required value: either name or signerName must be specified',
  ],
  [
    'a trust bundle by name and signer',
    projected({ clusterTrustBundle: { name: 'a', signerName: 'example.com/s', path: 'ca' } }),
    'only one of name and signerName may be used',
  ],
];

describe('refusing', () => {
  test.each(BAD)('a volume with %s', (_, volume, message) => {
    expect(failure(() => created(PODS, podWith(volume)))).toContain(message);
  });

  test('a name twice', () => {
    const twice = pod({ volumes: ['a', 'a'].map((name) => ({ name, emptyDir: {} })) });
    expect(failure(() => created(PODS, twice))).toContain('spec.volumes[1].name: Duplicate value: "a"');
  });

  test('a claim that an ephemeral volume of the same pod will be', () => {
    const volumes = [
      { name: 'a', ephemeral: { volumeClaimTemplate: claimTemplate } },
      { name: 'b', persistentVolumeClaim: { claimName: 'web-a' } },
    ];
    expect(failureOf(() => created(PODS, pod({ volumes }))).status.details?.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        field: 'spec.volumes[1].persistentVolumeClaim.claimName',
        message: 'Invalid value: "web-a": must not reference a PVC that gets created for an ephemeral volume',
      },
    ]);
  });

  test.each<[string, object, string]>([
    [
      'a mount of no volume',
      { volumeMounts: [{ name: 'x', mountPath: '/x' }] },
      'volumeMounts[0].name: Not found: "x"',
    ],
    [
      'two mounts at one path',
      { volumeMounts: [mount('v'), mount('w')] },
      'volumeMounts[1].mountPath: Invalid value: "/v": must be unique',
    ],
    [
      'a sub path that climbs',
      { volumeMounts: [{ ...mount('v'), subPath: '../x' }] },
      'volumeMounts.subPath: Invalid value: "../x": must not contain \'..\'',
    ],
    [
      'two sub paths',
      { volumeMounts: [{ ...mount('v'), subPath: 'a', subPathExpr: 'b' }] },
      'subPathExpr and subPath are mutually exclusive',
    ],
    [
      'mounts that reach the host unprivileged',
      { volumeMounts: [{ ...mount('v'), mountPropagation: 'Bidirectional' }] },
      'Bidirectional mount propagation is available only to privileged containers',
    ],
    [
      'recursion without read-only',
      { volumeMounts: [{ ...mount('v'), recursiveReadOnly: 'Enabled' }] },
      'volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
    ],
    [
      'a directory as a device',
      { volumeDevices: [{ name: 'v', devicePath: '/d' }] },
      'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
    ],
    [
      'a volume as both',
      { volumeMounts: [mount('c')], volumeDevices: [{ name: 'c', devicePath: '/d' }] },
      'must not already exist in volumeDevices',
    ],
  ])('a container with %s', (_, container, message) => {
    const volumes = [
      { name: 'v', emptyDir: {} },
      { name: 'w', emptyDir: {} },
      { name: 'c', persistentVolumeClaim: { claimName: 'c' } },
    ];
    const containers = [{ name: 'main', image: 'busybox', ...container }];
    expect(failure(() => created(PODS, pod({ volumes, containers })))).toContain(message);
  });
});

function mount(name: string): object {
  return { name, mountPath: '/v' };
}
