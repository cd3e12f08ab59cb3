// CSIStorageCapacities: how much storage of a class a driver has left in a part of the cluster.
import type { FieldError } from '../../definition.ts';
import { addFindings, invalid } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import { parseQuantity } from '../../quantity.ts';
import type { CSIStorageCapacity } from '../../types.ts';
import { dnsSubdomain } from '../../validation/findings.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { column, defineResource, NAME_COLUMN } from '../define.ts';

export const CSI_STORAGE_CAPACITIES = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'csistoragecapacities',
  kind: 'CSIStorageCapacity',
  namespaced: true,
  columns: [
    NAME_COLUMN,
    column<CSIStorageCapacity>('StorageClassName', ({ storageClassName }) => storageClassName ?? ''),
    column<CSIStorageCapacity>('Capacity', ({ capacity }) => capacity ?? '<unset>'),
  ],
  strategy: {
    allowUnconditionalUpdate: false,
    validate: (object) => validateCapacity(object as CSIStorageCapacity),
    validateUpdate: (object, old) => validateCapacityUpdate(object as CSIStorageCapacity, old as CSIStorageCapacity),
  },
});

function validateCapacity({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity): FieldError[] {
  const errors = validateLabelSelector(nodeTopology, 'nodeTopology');
  addFindings(errors, dnsSubdomain(storageClassName ?? '', 'storageClassName'));
  if (capacity !== undefined && (parseQuantity(capacity)?.nanos ?? 0n) < 0n)
    errors.push(invalid('capacity', capacity, 'must be greater than or equal to 0'));
  return errors;
}

function validateCapacityUpdate(object: CSIStorageCapacity, old: CSIStorageCapacity): FieldError[] {
  return (['nodeTopology', 'storageClassName'] as const)
    .filter((field) => !equalJson(object[field], old[field]))
    .map((field) => invalid(field, object[field] ?? null, 'field is immutable'));
}
