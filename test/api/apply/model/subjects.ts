// Kinds to try server-side apply on: real ones, with the fields in which their lists, maps and structs are of every sort, and
// generated ones, whose types and marks are drawn.
import fc from 'fast-check';
import { type ApiSchema, apiSchema, createSchema } from '../../../../src/api/index.ts';
import type { FieldEntry, FieldMarks, SchemaFile, TypeEntry } from '../../../../src/api/schema/schema-file.ts';
import type { Chosen } from './bodies.ts';
import type { Subject } from './model.ts';

/** A kind with what bodies of it have. */
export interface Trial extends Subject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly chosen: Chosen;
  /** It has a status, with a subresource. */
  readonly hasStatus: boolean;
}

const CORE = 'io.k8s.api.core.v1';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const APPS = 'io.k8s.api.apps.v1';
const AUTOSCALING = 'io.k8s.api.autoscaling.v2';

const COMMON: Chosen = {
  [`${META}.ObjectMeta`]: ['labels', 'annotations', 'finalizers', 'ownerReferences'],
  [`${META}.OwnerReference`]: ['uid!', 'name', 'controller'],
  [`${META}.Condition`]: ['type!', 'status', 'reason'],
  [`${META}.LabelSelector`]: ['matchLabels'],
  [`${CORE}.Container`]: ['name!', 'image', 'args', 'env', 'ports', 'resources', 'livenessProbe'],
  [`${CORE}.ContainerPort`]: ['containerPort!', 'protocol', 'name'],
  [`${CORE}.EnvVar`]: ['name!', 'value', 'valueFrom'],
  [`${CORE}.EnvVarSource`]: ['fieldRef', 'configMapKeyRef'],
  [`${CORE}.ObjectFieldSelector`]: ['fieldPath'],
  [`${CORE}.ConfigMapKeySelector`]: ['name', 'key'],
  [`${CORE}.ResourceRequirements`]: ['limits', 'requests'],
  [`${CORE}.Probe`]: ['httpGet', 'periodSeconds'],
  [`${CORE}.HTTPGetAction`]: ['path', 'port'],
  [`${CORE}.Volume`]: ['name!', 'emptyDir', 'configMap'],
  [`${CORE}.EmptyDirVolumeSource`]: ['medium'],
  [`${CORE}.ConfigMapVolumeSource`]: ['name', 'items'],
  [`${CORE}.KeyToPath`]: ['key', 'path'],
  [`${CORE}.Toleration`]: ['key', 'operator'],
};

/** `status` is reset by writes to the object, and what `status` names by writes to that. */
function resetBy(status: readonly string[]): Subject['ignored'] {
  return (subresource) => (subresource === 'status' ? status : ['f:status']);
}

function real(apiVersion: string, kind: string, type: string, chosen: Chosen, status?: readonly string[]): Trial {
  return {
    schema: apiSchema(),
    typeName: type,
    apiVersion,
    kind,
    chosen: { ...COMMON, ...chosen },
    hasStatus: status !== undefined,
    ignored: status === undefined ? () => [] : resetBy(status),
  };
}

const SPEC = 'f:spec';
const LABELS = 'f:metadata\tf:labels';

export const REAL: readonly Trial[] = [
  real(
    'apps/v1',
    'Deployment',
    `${APPS}.Deployment`,
    {
      [`${APPS}.Deployment`]: ['metadata', 'spec!'],
      [`${APPS}.DeploymentSpec`]: ['replicas', 'paused', 'selector', 'strategy', 'template!'],
      [`${CORE}.PodTemplateSpec`]: ['metadata', 'spec!'],
      [`${CORE}.PodSpec`]: ['containers', 'volumes', 'nodeSelector', 'tolerations'],
      [`${APPS}.DeploymentStatus`]: ['replicas', 'conditions', 'observedGeneration'],
      [`${APPS}.DeploymentCondition`]: ['type!', 'status', 'reason'],
    },
    [SPEC, LABELS],
  ),
  real(
    'v1',
    'Service',
    `${CORE}.Service`,
    {
      [`${CORE}.Service`]: ['metadata', 'spec!'],
      [`${CORE}.ServiceSpec`]: ['ports', 'selector', 'type', 'externalIPs', 'sessionAffinityConfig'],
      [`${CORE}.ServicePort`]: ['port!', 'protocol', 'name', 'targetPort'],
      [`${CORE}.ServiceStatus`]: ['loadBalancer', 'conditions'],
      [`${CORE}.LoadBalancerStatus`]: ['ingress'],
      [`${CORE}.LoadBalancerIngress`]: ['ip', 'hostname'],
    },
    [SPEC],
  ),
  real(
    'v1',
    'Pod',
    `${CORE}.Pod`,
    {
      [`${CORE}.Pod`]: ['metadata', 'spec!'],
      [`${CORE}.PodSpec`]: [
        ...['containers', 'volumes', 'nodeSelector', 'hostAliases', 'schedulingGates', 'topologySpreadConstraints'],
        ...['affinity', 'overhead'],
      ],
      [`${CORE}.HostAlias`]: ['ip!', 'hostnames'],
      [`${CORE}.TopologySpreadConstraint`]: ['topologyKey', 'whenUnsatisfiable', 'maxSkew', 'labelSelector'],
      [`${CORE}.Affinity`]: ['nodeAffinity'],
      [`${CORE}.NodeAffinity`]: ['requiredDuringSchedulingIgnoredDuringExecution'],
      [`${CORE}.NodeSelector`]: ['nodeSelectorTerms'],
      [`${CORE}.NodeSelectorTerm`]: [],
      [`${CORE}.PodStatus`]: ['phase', 'conditions', 'podIPs', 'hostIPs'],
      [`${CORE}.PodCondition`]: ['type!', 'status', 'reason'],
    },
    [SPEC, 'f:metadata\tf:deletionTimestamp', 'f:metadata\tf:ownerReferences'],
  ),
  real('v1', 'ConfigMap', `${CORE}.ConfigMap`, {
    [`${CORE}.ConfigMap`]: ['metadata', 'data', 'binaryData', 'immutable'],
  }),
  real(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    `${AUTOSCALING}.HorizontalPodAutoscaler`,
    {
      [`${AUTOSCALING}.HorizontalPodAutoscaler`]: ['metadata', 'spec!'],
      [`${AUTOSCALING}.HorizontalPodAutoscalerSpec`]: [
        'minReplicas',
        'maxReplicas',
        'scaleTargetRef',
        'metrics',
        'behavior',
      ],
      [`${AUTOSCALING}.MetricSpec`]: ['type'],
      [`${AUTOSCALING}.HPAScalingRules`]: ['selectPolicy', 'policies'],
      [`${AUTOSCALING}.HorizontalPodAutoscalerStatus`]: ['currentReplicas', 'desiredReplicas', 'conditions'],
      [`${AUTOSCALING}.HorizontalPodAutoscalerCondition`]: ['type!', 'status', 'reason'],
    },
    [SPEC],
  ),
  real('rbac.authorization.k8s.io/v1', 'Role', 'io.k8s.api.rbac.v1.Role', {
    'io.k8s.api.rbac.v1.Role': ['metadata', 'rules'],
    'io.k8s.api.rbac.v1.PolicyRule': ['verbs!', 'resources'],
  }),
  real(
    'v1',
    'Node',
    `${CORE}.Node`,
    {
      [`${CORE}.Node`]: ['metadata', 'spec!'],
      [`${CORE}.NodeSpec`]: ['podCIDRs', 'taints', 'unschedulable'],
      [`${CORE}.Taint`]: ['key', 'effect'],
      [`${CORE}.NodeStatus`]: ['addresses', 'conditions', 'capacity'],
      [`${CORE}.NodeAddress`]: ['type!', 'address'],
      [`${CORE}.NodeCondition`]: ['type!', 'status', 'reason'],
    },
    [SPEC],
  ),
];

const ROOT = 'test.quorate.v1.Widget';
/** Types refer to later ones only, so that bodies end. A port is in each schema: a key of it has a default. */
const PARTS = ['test.quorate.v1.Part', 'test.quorate.v1.Piece', `${CORE}.ContainerPort`] as const;
const [PART, PIECE, PORT] = PARTS;
const PORT_TYPE: TypeEntry = { f: { containerPort: { t: 'int32', r: 1 }, protocol: 'string', hostPort: 'int32' } };

const scalarShape = fc.constantFrom('string', 'int32', 'boolean', 'quantity', 'intOrString', 'bytes', 'any', 'raw');
const mapType = fc.constantFrom<FieldMarks['mt']>(undefined, 'granular', 'atomic');
const marked = (marks: { [Key in keyof FieldMarks]: FieldMarks[Key] | undefined }): FieldEntry =>
  Object.fromEntries(Object.entries(marks).filter(([, mark]) => mark !== undefined)) as unknown as FieldMarks;

function fieldTo(types: readonly string[]): fc.Arbitrary<FieldEntry> {
  const scalars: fc.Arbitrary<FieldEntry>[] = [
    scalarShape,
    fc
      .record({ lt: fc.constantFrom<FieldMarks['lt']>(undefined, 'atomic', 'set') })
      .map(({ lt }) => marked({ t: '[]string', lt })),
    fc.constant<FieldEntry>({ t: '[]int32', lt: 'set' }),
    mapType.map((mt) => marked({ t: '{}string', mt })),
    fc.constantFrom<FieldEntry>('[][]string', '{}[]string', '{}{}string'),
  ];
  if (types.length === 0) return fc.oneof(...scalars);
  const type = fc.constantFrom(...types);
  const keys = (name: string): readonly string[][] =>
    name === PORT ? [['containerPort', 'protocol']] : [['key'], ['key', 'kind']];
  const structs: fc.Arbitrary<FieldEntry>[] = [
    fc.record({ type, mt: mapType }).map((drawn) => marked({ t: `#${drawn.type}`, mt: drawn.mt })),
    type.map((name) => `{}#${name}`),
    fc
      .constantFrom<FieldMarks['lt']>(undefined, 'atomic')
      .chain((lt) => type.map((name) => marked({ t: `[]#${name}`, lt }))),
    type.chain((name) => fc.constantFrom(...keys(name)).map((lk): FieldEntry => ({ t: `[]#${name}`, lt: 'map', lk }))),
  ];
  return fc.oneof({ weight: 2, arbitrary: fc.oneof(...scalars) }, { weight: 3, arbitrary: fc.oneof(...structs) });
}

function typeTo(types: readonly string[], own: Readonly<Record<string, FieldEntry>>): fc.Arbitrary<TypeEntry> {
  const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fieldTo(types), {
    minKeys: 1,
    maxKeys: 4,
    noNullPrototype: true,
  });
  const atomic = fc.oneof(
    { weight: 7, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant('atomic' as const) },
  );
  return fc.record({ fields, mt: atomic }).map(({ fields: drawn, mt }) => ({
    f: { ...own, ...drawn },
    ...(mt === undefined ? {} : { mt }),
  }));
}

/** The types of a kind that is not known to anybody. */
export const schemaFiles: fc.Arbitrary<SchemaFile> = fc
  .record({ root: typeTo(PARTS, {}), part: typeTo([PIECE, PORT], KEYS()), piece: typeTo([], KEYS()) })
  .map(({ root, part, piece }) => ({
    hash: 'generated',
    textHash: '',
    types: {
      [ROOT]: { f: { apiVersion: 'string', kind: 'string', metadata: `#${META}.ObjectMeta`, ...root.f } },
      [`${META}.ObjectMeta`]: {
        f: {
          name: 'string',
          uid: 'string',
          labels: '{}string',
          finalizers: { t: '[]string', lt: 'set' },
          managedFields: { t: '[]any', lt: 'atomic' },
        },
      },
      [PART]: part,
      [PIECE]: piece,
      [PORT]: PORT_TYPE,
    },
  }));

function KEYS(): Readonly<Record<string, FieldEntry>> {
  return { key: 'string', kind: 'string' };
}

export function trialOf(file: SchemaFile): Trial {
  const schema: ApiSchema = createSchema(file);
  const chosen: Chosen = {
    [ROOT]: Object.keys(file.types[ROOT]?.f ?? {}).filter((name) => name !== 'apiVersion' && name !== 'kind'),
    [`${META}.ObjectMeta`]: ['labels', 'finalizers'],
  };
  return {
    schema,
    typeName: ROOT,
    apiVersion: 'test.quorate/v1',
    kind: 'Widget',
    chosen,
    hasStatus: false,
    ignored: () => [],
  };
}
