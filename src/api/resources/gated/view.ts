// Older versions of a kind as views of the version that is stored: its rules, its defaults and its columns, applied to what
// the object is there, so that no version can hold what another would refuse.
import type { ResourceDefinition, StoredAs, Strategy } from '../../definition.ts';
import type { JsonObject } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import { groupVersion } from '../../registry.ts';
import { typeNameOf } from '../../schema/type-names.ts';

/** Between a version and the stored one; both leave their argument alone, and need not mind apiVersion. */
export interface Conversion {
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

const SAME: Conversion = { toStored: (object) => object, fromStored: (object) => object };

/** `stored` at another version; without a conversion the fields are the same. */
export function viewAt(stored: ResourceDefinition, version: string, conversion: Conversion = SAME): ResourceDefinition {
  const { group, plural, kind } = stored;
  const at = (apiVersion: string, object: KubeObject): KubeObject => ({ ...object, apiVersion });
  const toStored = (object: KubeObject): KubeObject =>
    at(groupVersion(group, stored.version), conversion.toStored(object));
  const fromStored = (object: KubeObject): KubeObject =>
    at(groupVersion(group, version), conversion.fromStored(object));
  const storedAs: StoredAs = { group, version: stored.version, plural, toStored, fromStored };
  return {
    ...stored,
    version,
    schema: typeNameOf(group, version, kind),
    subresources: stored.subresources.map((sub) => ({ ...sub, version })),
    columns: stored.columns.map((column) => ({
      ...column,
      cell: (object, nowMs) => column.cell(toStored(object), nowMs),
    })),
    strategy: strategyOfView(stored, storedAs),
    storedAs,
  };
}

function strategyOfView(stored: ResourceDefinition, { toStored, fromStored }: StoredAs): Strategy {
  const { strategy } = stored;
  const change = <T>(object: KubeObject, make: (inStored: KubeObject) => T): T => {
    const inStored = toStored(object);
    const result = make(inStored);
    replace(object, fromStored(inStored));
    return result;
  };
  const { prepareForStatusUpdate } = strategy;
  return {
    ...strategy,
    prepareForCreate: (object, context) => change(object, (it) => strategy.prepareForCreate?.(it, context)),
    prepareForUpdate: (object, old, context) =>
      change(object, (it) => strategy.prepareForUpdate?.(it, toStored(old), context) ?? false),
    ...(prepareForStatusUpdate === undefined
      ? {}
      : {
          prepareForStatusUpdate: (object, old, context) =>
            change(object, (it) => prepareForStatusUpdate(it, toStored(old), context)),
        }),
    applyDefaults: (object, types) =>
      change(object, (it) => {
        // The defaults of types are kept under the names of the stored version.
        types.applyDefaults(stored.schema, it as unknown as JsonObject);
        strategy.applyDefaults?.(it, types);
      }),
    validate: (object) => strategy.validate?.(toStored(object)) ?? [],
    validateCreate: (object) => strategy.validateCreate?.(toStored(object)) ?? [],
    validateUpdate: (object, old) => strategy.validateUpdate?.(toStored(object), toStored(old)) ?? [],
    validateStatusUpdate: (object, old) => strategy.validateStatusUpdate?.(toStored(object), toStored(old)) ?? [],
    warnings: (object) => strategy.warnings?.(toStored(object)) ?? [],
  };
}

function replace(object: KubeObject, next: KubeObject): void {
  const record = object as Record<string, unknown>;
  for (const key of Object.keys(record)) delete record[key];
  Object.assign(record, next);
}
