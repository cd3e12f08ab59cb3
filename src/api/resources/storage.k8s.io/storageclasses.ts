// StorageClasses: kinds of storage that a claim may ask for by name. Only what does not touch existing volumes may change.
import type { FieldError } from '../../definition.ts';
import { addFindings, duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { StorageClass } from '../../types.ts';
import { qualifiedName } from '../../validation/findings.ts';
import { oneOf } from '../../validation/numbers.ts';
import { validateParameters, validateProvisioner } from '../../validation/storage-class.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const STORAGE_CLASSES = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
  shortNames: ['sc'],
  columns: [
    {
      ...NAME_COLUMN,
      cell: (object) => `${object.metadata?.name ?? ''}${isDefaultClass(object as StorageClass) ? ' (default)' : ''}`,
    },
    column<StorageClass>('Provisioner', ({ provisioner }) => provisioner ?? ''),
    column<StorageClass>('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column<StorageClass>('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate'),
    column<StorageClass>('AllowVolumeExpansion', ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false, {
      type: 'boolean',
    }),
    AGE_COLUMN,
  ],
  strategy: {
    validate: (object) => validateStorageClass(object as StorageClass),
    validateUpdate: (object, old) => validateStorageClassUpdate(object as StorageClass, old as StorageClass),
  },
});

const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** Claims that name no class get it. */
export function isDefaultClass({ metadata }: StorageClass): boolean {
  return DEFAULT_ANNOTATIONS.some((annotation) => metadata?.annotations?.[annotation] === 'true');
}

const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
const RECLAIM_POLICIES = ['Delete', 'Retain'];

function validateStorageClass(storageClass: StorageClass): FieldError[] {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode } = storageClass;
  const errors = validateProvisioner(provisioner, 'provisioner');
  addFindings(errors, validateParameters(parameters, 'parameters', 'optional'));
  addFindings(errors, oneOf(reclaimPolicy, 'reclaimPolicy', RECLAIM_POLICIES, 'optional'));
  if (volumeBindingMode === undefined) errors.push(required('volumeBindingMode'));
  else if (!BINDING_MODES.includes(volumeBindingMode))
    errors.push(notSupported('volumeBindingMode', volumeBindingMode, BINDING_MODES));
  return [...errors, ...validateTopologies(storageClass.allowedTopologies ?? [])];
}

type TopologyTerm = NonNullable<StorageClass['allowedTopologies']>[number];

function validateTopologies(terms: readonly TopologyTerm[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen: unknown[] = [];
  for (const [index, { matchLabelExpressions = [] }] of terms.entries()) {
    const at = `allowedTopologies[${index}].matchLabelExpressions`;
    const raw = new Map<string, readonly string[]>();
    for (const [position, { key, values = [] }] of matchLabelExpressions.entries()) {
      const place = `${at}[${position}]`;
      if (values.length === 0) errors.push(required(`${place}.values`));
      for (const [at, value] of values.entries())
        if (values.indexOf(value) < at) errors.push(duplicate(`${place}.values[${at}]`, value));
      addFindings(errors, qualifiedName(key, `${place}.key`));
      if (raw.has(key)) errors.push(duplicate(`${place}.key`, key));
      raw.set(key, [...values].sort());
    }
    const term = Object.fromEntries(raw);
    if (seen.some((other) => equalJson(other, term))) errors.push(duplicate(at, ''));
    seen.push(term);
  }
  return errors;
}

function validateStorageClassUpdate(storageClass: StorageClass, old: StorageClass): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (!equalJson(storageClass[field] ?? {}, old[field] ?? {}))
      errors.push(forbidden(field, `updates to ${field} are forbidden.`));
  }
  if (storageClass.volumeBindingMode !== old.volumeBindingMode)
    errors.push(invalid('volumeBindingMode', storageClass.volumeBindingMode, 'field is immutable'));
  return errors;
}
