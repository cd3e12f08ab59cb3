// Entries are written in the version in which their manager spoke. What a write changes is told in those terms too: where a
// kind's versions differ in shape, both objects are converted and compared there.
import type { ResourceDefinition, StoredAs } from '../definition.ts';
import type { KubeObject } from '../object.ts';
import { groupVersion, parseGroupVersion } from '../registry.ts';
import { RESOURCES } from '../resources/index.ts';
import type { ApiSchema } from '../schema/index.ts';
import { typeNameOf } from '../schema/type-names.ts';
import { type Changes, compareObjects } from './compare.ts';
import { ownedType } from './reset-fields.ts';
import { jsonOf } from './write.ts';

/** What a write changes, in each version; undefined in one that is not served: nobody can name fields in it any more. */
export type ChangesIn = (apiVersion: string) => Changes | undefined;

export interface VersionedWrite {
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  readonly apiVersion: string;
  readonly subresource: string;
  /** In that version. */
  readonly changes: Changes;
}

export function changesInVersions(schema: ApiSchema, write: VersionedWrite): ChangesIn {
  const known = new Map<string, Changes | undefined>([[write.apiVersion, write.changes]]);
  return (apiVersion) => {
    if (known.has(apiVersion)) return known.get(apiVersion);
    const changes = changesIn(schema, write, apiVersion);
    known.set(apiVersion, changes);
    return changes;
  };
}

function changesIn(schema: ApiSchema, write: VersionedWrite, apiVersion: string): Changes | undefined {
  const { before, after, subresource, changes } = write;
  const kind = after.kind ?? '';
  const parsed = parseGroupVersion(apiVersion);
  if (parsed === undefined || schema.type(typeNameOf(parsed.group, parsed.version, kind)) === undefined)
    return undefined;
  if (changes.changed === undefined && changes.removed === undefined) return changes;
  const from = definitionOf(write.apiVersion, kind);
  const to = definitionOf(apiVersion, kind);
  // Views behind feature gates are of the same shape, or nearly.
  if (from === undefined || to === undefined || storedKey(from) !== storedKey(to)) return changes;
  const type = ownedType(schema, to.schema, subresource);
  if (type === undefined) return changes;
  const convert = (object: KubeObject): KubeObject => fromStored(to.storedAs, toStored(from.storedAs, object));
  return compareObjects(type, before === undefined ? undefined : jsonOf(convert(before)), jsonOf(convert(after)));
}

let definitions: ReadonlyMap<string, ResourceDefinition> | undefined;

function definitionOf(apiVersion: string, kind: string): ResourceDefinition | undefined {
  definitions ??= new Map(RESOURCES.map((one) => [`${groupVersion(one.group, one.version)} ${one.kind}`, one]));
  return definitions.get(`${apiVersion} ${kind}`);
}

function storedKey({ group, version, plural, storedAs }: ResourceDefinition): string {
  const stored = storedAs ?? { group, version, plural };
  return `${stored.group}/${stored.version}/${stored.plural}`;
}

function toStored(view: StoredAs | undefined, object: KubeObject): KubeObject {
  return view === undefined ? object : view.toStored(object);
}

function fromStored(view: StoredAs | undefined, object: KubeObject): KubeObject {
  return view === undefined ? object : view.fromStored(object);
}
