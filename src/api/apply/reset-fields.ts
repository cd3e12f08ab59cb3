// Which fields of a kind a request may own at all. Names, versions and what else identifies an object belong to nobody;
// what a resource or subresource resets (status, written through the object itself; spec, through its status) is not
// owned by who sent it there, as Kubernetes' strategies declare it.
import type { ApiSchema } from '../schema/index.ts';
import { type ListType, type MergeType, mergeTypesOf, type StructField, type StructType } from './merge-types.ts';

/** A field with `true` is meant with all that is in it. Items of lists are passed through. */
interface Selection {
  readonly [field: string]: true | Selection;
}

const NEVER_OWNED: Selection = {
  apiVersion: true,
  kind: true,
  metadata: {
    name: true,
    namespace: true,
    creationTimestamp: true,
    selfLink: true,
    uid: true,
    clusterName: true,
    generation: true,
    managedFields: true,
    resourceVersion: true,
  },
};

const RESIZED: Selection = { resources: true, resizePolicy: true };

/** What a subresource alone may own, by kind and subresource. */
const OWNED_ONLY: Readonly<Record<string, Selection>> = {
  'Pod/ephemeralcontainers': { spec: { ephemeralContainers: true } },
  'Pod/resize': { spec: { containers: RESIZED, initContainers: RESIZED } },
};

/** Whoever sends a status says nothing of what the object is. */
const ALL_BUT_STATUS: Selection = { spec: true, metadata: true };

/** What a resource or one of its subresources resets, where that is more than what `resetBy` knows. */
const RESET: Readonly<Record<string, Selection>> = {
  'Pod/status': { spec: true, metadata: { deletionTimestamp: true, ownerReferences: true } },
  'Deployment/status': { spec: true, metadata: { labels: true } },
  'CustomResourceDefinition/status': ALL_BUT_STATUS,
  'APIService/status': ALL_BUT_STATUS,
  'FlowSchema/status': ALL_BUT_STATUS,
  'PriorityLevelConfiguration/status': ALL_BUT_STATUS,
  'ValidatingAdmissionPolicy/status': ALL_BUT_STATUS,
  'VolumeAttachment/status': ALL_BUT_STATUS,
  'ResourceClaim/status': ALL_BUT_STATUS,
  'DeviceTaintRule/status': ALL_BUT_STATUS,
  'ResourcePoolStatusRequest/status': ALL_BUT_STATUS,
  'PodGroup/status': ALL_BUT_STATUS,
  'StorageVersion/status': ALL_BUT_STATUS,
  'StorageVersionMigration/status': ALL_BUT_STATUS,
  'Namespace/finalize': { status: true },
  // A request is fixed once it is made.
  CertificateSigningRequest: { spec: true, status: true },
  'CertificateSigningRequest/status': { spec: true, status: { conditions: true } },
  'CertificateSigningRequest/approval': { spec: true, status: { certificate: true } },
};

function resetBy(kind: string, subresource: string): Selection {
  const known = RESET[subresource === '' ? kind : `${kind}/${subresource}`];
  if (known !== undefined) return known;
  if (subresource === 'status') return { spec: true };
  return subresource === '' ? { status: true } : {};
}

const owned = new WeakMap<ApiSchema, Map<string, Map<string, StructType>>>();

/** The kind's type with nothing but what a request to `subresource` may own. Undefined where the schema lacks the type. */
export function ownedType(schema: ApiSchema, typeName: string, subresource: string): StructType | undefined {
  let byType = owned.get(schema);
  if (byType === undefined) {
    byType = new Map();
    owned.set(schema, byType);
  }
  const bySubresource = byType.get(typeName);
  const known = bySubresource?.get(subresource);
  if (known !== undefined) return known;
  const full = mergeTypesOf(schema).type(typeName);
  if (full === undefined) return undefined;
  const kind = typeName.slice(typeName.lastIndexOf('.') + 1);
  const only = OWNED_ONLY[`${kind}/${subresource}`];
  const kept = only === undefined ? without(full, resetBy(kind, subresource)) : withOnly(full, only);
  const type = without(kept, NEVER_OWNED);
  if (bySubresource === undefined) byType.set(typeName, new Map([[subresource, type]]));
  else bySubresource.set(subresource, type);
  return type;
}

function structOf(fields: readonly StructField[]): StructType {
  return { kind: 'struct', leaf: false, fields: new Map(fields.map((field) => [field.name, field])), sorted: fields };
}

function without(type: StructType, selection: Selection): StructType {
  return structOf(
    type.sorted.flatMap((field) => {
      const selected = selection[field.name];
      if (selected === undefined) return [field];
      if (selected === true || field.type.kind !== 'struct') return [];
      // Nobody owns metadata itself, where it is not marked as always there either.
      return [{ ...field, type: without(field.type, selected), present: true }];
    }),
  );
}

function withOnly(type: StructType, selection: Selection): StructType {
  return structOf(
    type.sorted.flatMap((field) => {
      const selected = selection[field.name];
      if (selected === undefined) return [];
      return selected === true ? [field] : [{ ...field, type: innerOnly(field.type, selected) }];
    }),
  );
}

function innerOnly(type: MergeType, selection: Selection): MergeType {
  if (type.kind === 'struct') return withOnly(type, selection);
  if (type.kind !== 'list') return type;
  const list: ListType = { ...type, item: innerOnly(type.item, selection) };
  return list;
}
