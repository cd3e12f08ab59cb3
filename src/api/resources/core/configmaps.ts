// ConfigMaps: keys are file names, the whole is bounded, and an immutable one stays as it is.
import type { FieldError } from '../../definition.ts';
import { addFindings, forbidden, invalid, tooLong } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { ConfigMap } from '../../types.ts';
import { configKeyProblems } from '../../validation/names.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

/** Data of one ConfigMap or Secret, in bytes. */
export const DATA_LIMIT_BYTES = 1024 * 1024;

export const CONFIG_MAPS = defineResource({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
  shortNames: ['cm'],
  columns: [
    NAME_COLUMN,
    column<ConfigMap>(
      'Data',
      ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
      {
        type: 'integer',
      },
    ),
    AGE_COLUMN,
  ],
  strategy: {
    validate: (object) => validateConfigMap(object as ConfigMap),
    validateUpdate: (object, old) => validateConfigMapUpdate(object as ConfigMap, old as ConfigMap),
  },
});

function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    addFindings(
      errors,
      configKeyProblems(key).map((problem) => invalid(`data[${key}]`, key, problem)),
    );
    if (Object.hasOwn(binaryData, key))
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    addFindings(
      errors,
      configKeyProblems(key).map((problem) => invalid(`binaryData[${key}]`, key, problem)),
    );
    size += Math.floor((value.length * 3) / 4);
  }
  // The whole object is meant: Kubernetes writes its path so.
  if (size > DATA_LIMIT_BYTES) errors.push(tooLong('[]', DATA_LIMIT_BYTES));
  return errors;
}

function validateConfigMapUpdate(object: ConfigMap, old: ConfigMap): FieldError[] {
  if (old.immutable !== true) return [];
  const errors: FieldError[] = [];
  if (object.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
  for (const field of ['data', 'binaryData'] as const) {
    if (!equalJson(object[field] ?? {}, old[field] ?? {})) {
      errors.push(forbidden(field, 'field is immutable when `immutable` is set'));
    }
  }
  return errors;
}
