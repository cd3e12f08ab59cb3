// VolumeAttributesClasses: attributes (performance, say) that the driver of a volume can change while it is in use.
import type { FieldError } from '../../definition.ts';
import { forbidden } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { VolumeAttributesClass } from '../../types.ts';
import { validateParameters, validateProvisioner } from '../../validation/storage-class.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const VOLUME_ATTRIBUTES_CLASSES = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'volumeattributesclasses',
  kind: 'VolumeAttributesClass',
  namespaced: false,
  shortNames: ['vac'],
  columns: [NAME_COLUMN, column<VolumeAttributesClass>('DriverName', ({ driverName }) => driverName ?? ''), AGE_COLUMN],
  strategy: {
    validate: (object) => validateClass(object as VolumeAttributesClass),
    validateUpdate: (object, old) => validateClassUpdate(object as VolumeAttributesClass, old as VolumeAttributesClass),
  },
});

function validateClass({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  return [
    ...validateProvisioner(driverName, 'driverName'),
    ...validateParameters(parameters, 'parameters', 'required'),
  ];
}

function validateClassUpdate(object: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] {
  return (['driverName', 'parameters'] as const)
    .filter((field) => !equalJson(object[field] ?? {}, old[field] ?? {}))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`));
}
