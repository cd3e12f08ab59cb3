// What nobody owns who sends it to the wrong place, for every kind and subresource that is served, as the strategies in
// kubernetes/kubernetes declare it: GetResetFields (and GetResetFieldsFilter of pods) in pkg/registry/<group>/<resource>/strategy.go.
// Where a strategy names versions one by one and forgets a newer one, its test (test/integration/apiserver/apply/
// reset_fields_test.go), which walks every resource with a status, says what is meant.
import { expect, test } from 'vitest';
import { ownedType } from '../../../src/api/apply/reset-fields.ts';
import { apiSchema, createApiRegistry, createGatedRegistry, type ResourceDefinition } from '../../../src/api/index.ts';
import { defined } from '../../../src/lib/index.ts';

/** By kind and subresource: paths whose fields are not owned. `metadata` is meant whole. */
const RESET: Readonly<Record<string, readonly string[]>> = {
  // core/{namespace,node,persistentvolume,persistentvolumeclaim,replicationcontroller,resourcequota,service}: nothing but the other half.
  // core/namespace (namespaceFinalizeStrategy)
  'Namespace/finalize': ['status'],
  // core/pod (podStatusStrategy)
  'Pod/status': ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
  // apps/{daemonset,replicaset,statefulset}: nothing but the other half; apps/deployment (deploymentStatusStrategy)
  'Deployment/status': ['spec', 'metadata.labels'],
  // autoscaling/horizontalpodautoscaler, batch/{cronjob,job}, networking/{ingress,servicecidr}, policy/poddisruptionbudget: nothing but the other half.
  // certificates/certificates (csrStrategy, csrStatusStrategy, csrApprovalStrategy)
  CertificateSigningRequest: ['spec', 'status'],
  'CertificateSigningRequest/status': ['spec', 'status.conditions'],
  'CertificateSigningRequest/approval': ['spec', 'status.certificate'],
  // admissionregistration/validatingadmissionpolicy (validatingAdmissionPolicyStatusStrategy)
  'ValidatingAdmissionPolicy/status': ['spec', 'metadata'],
  // flowcontrol/{flowschema,prioritylevelconfiguration}
  'FlowSchema/status': ['spec', 'metadata'],
  'PriorityLevelConfiguration/status': ['spec', 'metadata'],
  // storage/volumeattachment (volumeAttachmentStatusStrategy)
  'VolumeAttachment/status': ['spec', 'metadata'],
  // resource/{resourceclaim,devicetaintrule,resourcepoolstatusrequest}
  'ResourceClaim/status': ['spec', 'metadata'],
  'DeviceTaintRule/status': ['spec', 'metadata'],
  'ResourcePoolStatusRequest/status': ['spec', 'metadata'],
  // scheduling/podgroup (podGroupStatusStrategy)
  'PodGroup/status': ['spec', 'metadata'],
  // apiserverinternal/storageversion, storagemigration/storagemigration
  'StorageVersion/status': ['spec', 'metadata'],
  'StorageVersionMigration/status': ['spec', 'metadata'],
};

/** pkg/util/managedfields/internal/stripmeta.go of apimachinery. */
const NEVER = [
  'apiVersion',
  'kind',
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((field) => `metadata.${field}`),
];

const gated = await createGatedRegistry({ AllAlpha: true, AllBeta: true });
const parts = [...createApiRegistry().all(), ...gated.all()].flatMap((definition) => {
  // What speaks the kind of its object.
  const own = definition.subresources.filter(({ kind, verbs }) => kind === definition.kind && verbs.includes('update'));
  return ['', ...own.map(({ name }) => name)].map((subresource): [string, ResourceDefinition, string] => [
    `${definition.group}/${definition.version} ${definition.kind} ${subresource}`,
    definition,
    subresource,
  ]);
});

function fieldsOf(definition: ResourceDefinition, subresource: string): readonly string[] {
  const type = defined(ownedType(apiSchema(), definition.schema, subresource), definition.schema);
  return type.sorted.flatMap((field) =>
    field.type.kind === 'struct' ? field.type.sorted.map(({ name }) => `${field.name}.${name}`) : [field.name],
  );
}

test.each(parts.filter(([, { kind }, part]) => kind !== 'Pod' || part === '' || part === 'status'))(
  '%s owns what its strategy leaves',
  (_, definition, subresource) => {
    const type = defined(apiSchema().type(definition.schema), definition.schema);
    const all = [...type.fields.values()].flatMap(({ name, shape }) => {
      const inner = shape.kind === 'type' ? apiSchema().type(shape.type) : undefined;
      return inner === undefined ? [name] : [...inner.fields.keys()].map((field) => `${name}.${field}`);
    });
    const byRule = subresource === 'status' ? ['spec'] : subresource === '' ? ['status'] : [];
    const key = subresource === '' ? definition.kind : `${definition.kind}/${subresource}`;
    const reset = [...NEVER, ...(RESET[key] ?? byRule)];
    const left = all.filter((path) => !reset.some((prefix) => path === prefix || path.startsWith(`${prefix}.`)));
    expect(fieldsOf(definition, subresource)).toEqual(left.toSorted());
  },
);

test('every exception is of something that is served', () => {
  const served = new Set(parts.map(([, { kind }, part]) => (part === '' ? kind : `${kind}/${part}`)));
  expect(Object.keys(RESET).filter((key) => !served.has(key))).toEqual([]);
});

// core/pod (EphemeralContainersStrategy, ResizeStrategy): filters of what is left, not of what is reset.
test.each([
  ['ephemeralcontainers', ['spec.ephemeralContainers']],
  ['resize', ['spec.containers', 'spec.initContainers']],
])('Pod %s owns its part alone', (subresource, fields) => {
  const pods = defined(createApiRegistry().find('', 'v1', 'pods'), 'pods');
  expect(fieldsOf(pods, subresource)).toEqual(fields);
});
