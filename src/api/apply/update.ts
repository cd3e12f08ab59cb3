// Who owns what after a write that is no apply: whatever it changes becomes its manager's, and nobody else's any more.
import { equalJson, type Json } from '../json.ts';
import type { KubeObject } from '../object.ts';
import type { ApiSchema } from '../schema/index.ts';
import { compareObjects } from './compare.ts';
import { covers, type FieldSet, union } from './field-set.ts';
import {
  capUpdates,
  claimedEntries,
  encodeEntries,
  isReset,
  isSameManager,
  type ManagerEntry,
  storedEntries,
} from './managers.ts';
import { ownedType } from './reset-fields.ts';
import { changesInVersions } from './versions.ts';
import {
  afterChanges,
  type FieldWrite,
  jsonOf,
  managedFieldsOf,
  NO_CHANGES,
  setManagedFields,
  writerOf,
} from './write.ts';

/**
 * After a write that is no apply: sets `object.metadata.managedFields` in place. `live` undefined: a create. Nothing but
 * object.metadata is changed; entries that stay as they are are shared with `live`. What the object itself says of
 * managedFields counts, unless it comes through a subresource or makes no sense (KEP-555).
 */
export function trackUpdate(
  schema: ApiSchema,
  typeName: string,
  live: KubeObject | undefined,
  object: KubeObject,
  write: FieldWrite,
): void {
  const stored = live === undefined ? undefined : managedFieldsOf(live);
  const claimed = write.subresource === '' ? claimOf(managedFieldsOf(object), stored) : undefined;
  // An object that is not tracked stays so until it is first applied to.
  if (live !== undefined && (claimed ?? stored ?? []).length === 0) {
    setManagedFields(object, undefined);
    return;
  }
  const type = ownedType(schema, typeName, write.subresource);
  const before = live === undefined ? undefined : jsonOf(live);
  const changes = type === undefined ? NO_CHANGES : compareObjects(type, before, jsonOf(object));
  if (changes.changed === undefined && changes.removed === undefined && claimed === undefined) {
    setManagedFields(object, stored);
    return;
  }
  const writer = writerOf(write, 'Update', live ?? object);
  const own =
    claimed === undefined && changes.removed === undefined ? ownWrite(stored, writer, changes.changed) : undefined;
  if (own !== undefined) {
    setManagedFields(object, own);
    return;
  }
  const { apiVersion, subresource } = writer;
  const changesIn = changesInVersions(schema, { before: live, after: object, apiVersion, subresource, changes });
  const kept = afterChanges(claimed ?? storedEntries(stored), changesIn);
  setManagedFields(object, encodeEntries(capUpdates(withChanged(kept, writer, changes.changed))));
}

/**
 * The usual write, which needs no sets: nobody owns anything yet, or whoever writes owns every field already, alone, and only
 * the time of the entry moves. Undefined for any other.
 */
function ownWrite(
  stored: Json[] | undefined,
  writer: ManagerEntry,
  changed: FieldSet | undefined,
): readonly Json[] | undefined {
  if (changed === undefined) return undefined;
  if (stored === undefined) return encodeEntries([{ ...writer, fields: changed }]);
  if (stored.length !== 1) return undefined;
  const [entry] = storedEntries(stored);
  if (entry === undefined || !isSameManager(entry, writer) || !covers(entry.fields, changed)) return undefined;
  return entry.time === writer.time ? stored : encodeEntries([{ ...entry, time: writer.time, json: undefined }]);
}

/** The entries that a body sets itself; undefined where it leaves those of the live object. */
function claimOf(claimed: Json[] | undefined, stored: Json[] | undefined): readonly ManagerEntry[] | undefined {
  if (claimed === undefined || equalJson(claimed, stored)) return undefined;
  if (isReset(claimed)) return [];
  const entries = claimedEntries(claimed);
  return entries === undefined || entries.length === 0 ? undefined : entries;
}

/** `entries` with what the writer changed added to its own; the time of its entry is that of its last change. */
function withChanged(
  entries: readonly ManagerEntry[],
  writer: ManagerEntry,
  changed: FieldSet | undefined,
): readonly ManagerEntry[] {
  if (changed === undefined) return entries;
  const own = entries.find((entry) => isSameManager(entry, writer));
  const fields = own === undefined ? changed : union(own.fields, changed);
  return [...entries.filter((entry) => entry !== own), { ...writer, fields }];
}

/** The entry of all that an object has: what is there before anybody applied to it. */
export function entryOfAll(
  schema: ApiSchema,
  typeName: string,
  object: KubeObject,
  writer: ManagerEntry,
): readonly ManagerEntry[] {
  const type = ownedType(schema, typeName, writer.subresource);
  if (type === undefined) return [];
  return withChanged([], writer, compareObjects(type, undefined, jsonOf(object)).changed);
}
