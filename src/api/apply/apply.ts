// Server-side apply: a configuration, which says all that its manager wants of an object, is merged into the live one. What
// others own and it would change is a conflict; what it no longer names, and nobody else owns, goes away. How: (1) the
// configuration is checked, and its fields become its manager's; (2) merge; (3) prune by what the manager owned before;
// (4) compare with the live object, and refuse, or take from others; (5) write the entries.
import { cloneJson, equalJson, type JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';
import type { ApiSchema } from '../schema/index.ts';
import { checkConfiguration } from './check.ts';
import { compareObjects } from './compare.ts';
import { applyConflictError, conflictsOutside, conflictsWith } from './conflicts.ts';
import { equalSets, type FieldSet, setOf, subtract } from './field-set.ts';
import { fieldsLastApplied, KUBECTL, renewLastApplied } from './last-applied.ts';
import { BEFORE_FIRST_APPLY, encodeEntries, isSameManager, type ManagerEntry, storedEntries } from './managers.ts';
import { mergeObjects } from './merge.ts';
import { mergeTypesOf, type StructType } from './merge-types.ts';
import { withoutNulls } from './nulls.ts';
import { ownedFields } from './owned-fields.ts';
import { fieldElement } from './path-element.ts';
import { pruneObject } from './prune.ts';
import { ownedType } from './reset-fields.ts';
import { entryOfAll } from './update.ts';
import { type ChangesIn, changesInVersions } from './versions.ts';
import {
  afterChanges,
  type FieldWrite,
  jsonOf,
  managedFieldsOf,
  NO_CHANGES,
  setManagedFields,
  writerOf,
} from './write.ts';

/** A kind's type, whole and with what may be owned. */
interface ApplyTypes {
  readonly full: StructType;
  readonly owned: StructType;
}

/**
 * `live` with the configuration applied, managedFields included; `live` undefined: it creates. Throws ApiError: 409
 * (Conflict, with a FieldManagerConflict cause for each field) unless `force`; 400 and 500 for a configuration that cannot be.
 * Changes neither argument. An apply that changes nothing leaves managedFields as they are.
 */
export function applyConfiguration(
  schema: ApiSchema,
  typeName: string,
  live: KubeObject | undefined,
  configuration: KubeObject,
  write: FieldWrite,
  force: boolean,
): KubeObject {
  const types = typesOf(schema, typeName, write.subresource);
  const writer = writerOf(write, 'Apply', live ?? configuration);
  checkConfiguration(types.full, configuration, writer.apiVersion);
  const wanted = jsonOf(configuration);
  const own = ownedFields(types.owned, wanted);
  const entries = live === undefined ? [] : entriesOf(schema, typeName, live, writer);
  const last = entries.find((entry) => isSameManager(entry, writer));
  const others = entries.filter((entry) => entry !== last);

  const before = live === undefined ? undefined : jsonOf(live);
  const merged = before === undefined ? wanted : mergeObjects(types.full, before, wanted);
  const pruned = last === undefined ? merged : prune(types.full, merged, last.fields, own, others);
  const changes = pruned === before ? NO_CHANGES : compareObjects(types.owned, before, pruned);
  const { apiVersion, subresource } = writer;
  const after = pruned as unknown as KubeObject;
  const changesIn = changesInVersions(schema, { before: live, after, apiVersion, subresource, changes });
  if (!force && before !== undefined) refuseConflicts(types.owned, before, others, changesIn, writer);

  const result = cloneJson(pruned === before ? pruned : withoutNulls(types.full, pruned));
  const isChanged = before === undefined || (pruned !== before && !equalJson(result, before));
  const kept = afterChanges(others, changesIn);
  const now = own === undefined ? kept : [...kept, ownEntry(writer, last, own, isChanged)];
  const object = result as unknown as KubeObject;
  setManagedFields(
    object,
    isSameEntries(now, entries) && live !== undefined ? managedFieldsOf(live) : encodeEntries(now),
  );
  if (writer.manager === KUBECTL) renewLastApplied(result, wanted);
  return object;
}

function typesOf(schema: ApiSchema, typeName: string, subresource: string): ApplyTypes {
  const full = mergeTypesOf(schema).type(typeName);
  const owned = ownedType(schema, typeName, subresource);
  if (full === undefined || owned === undefined) throw new RangeError(`no schema for ${typeName}`);
  return { full, owned };
}

/** Who owns what before; an object that nobody owns anything of has had somebody before. */
function entriesOf(
  schema: ApiSchema,
  typeName: string,
  live: KubeObject,
  writer: ManagerEntry,
): readonly ManagerEntry[] {
  const entries = storedEntries(managedFieldsOf(live));
  if (entries.length > 0) return entries;
  return entryOfAll(schema, typeName, live, { ...writer, manager: BEFORE_FIRST_APPLY, operation: 'Update' });
}

/** Nobody owns an object's name, and yet every configuration has one: its metadata stays, whoever leaves it. */
const IDENTITY: FieldSet = setOf([fieldElement('metadata'), fieldElement('name')]);

function prune(
  type: StructType,
  merged: JsonObject,
  last: FieldSet,
  own: FieldSet | undefined,
  others: readonly ManagerEntry[],
): JsonObject {
  if (own !== undefined && subtract(last, own) === undefined) return merged;
  const owned = [IDENTITY, ...others.map(({ fields }) => fields)];
  return pruneObject(type, merged, last, own === undefined ? owned : [own, ...owned]);
}

function refuseConflicts(
  type: StructType,
  live: JsonObject,
  others: readonly ManagerEntry[],
  changesIn: ChangesIn,
  writer: ManagerEntry,
): void {
  let conflicts = conflictsWith(others, changesIn);
  if (conflicts.length > 0 && writer.manager === KUBECTL) {
    const allowed = fieldsLastApplied(type, live, writer.apiVersion);
    if (allowed !== undefined) conflicts = conflictsOutside(conflicts, allowed);
  }
  if (conflicts.length > 0) throw applyConflictError(conflicts);
}

/** The applier's entry: the one it had, where nothing came of the apply. */
function ownEntry(
  writer: ManagerEntry,
  last: ManagerEntry | undefined,
  own: FieldSet,
  isChanged: boolean,
): ManagerEntry {
  const isSame =
    !isChanged && last !== undefined && last.apiVersion === writer.apiVersion && equalSets(last.fields, own);
  return isSame ? last : { ...writer, fields: own };
}

function isSameEntries(now: readonly ManagerEntry[], before: readonly ManagerEntry[]): boolean {
  const known = new Set(before);
  return now.length === before.length && now.every((entry) => known.has(entry) && entry.json !== undefined);
}
