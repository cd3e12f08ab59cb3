// The entries of metadata.managedFields: who owns what. An entry is told from others by manager, operation and
// subresource, one of an update by its version too. Entries are never changed in place: objects share them.
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldSet, isLeaf, unionOf } from './field-set.ts';
import { parseFieldsV1 } from './fields-v1.ts';
import { compareTexts } from './path-element.ts';

export interface ManagerEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339; undefined where nobody knows. */
  readonly time: string | undefined;
  readonly subresource: string;
  readonly fields: FieldSet;
  /** The entry as it stands in the object; undefined for one that is new. */
  readonly json: JsonObject | undefined;
}

/** How many entries of updates an object keeps apart. */
export const UPDATE_ENTRIES_MAX = 10;
const ANCIENT = 'ancient-changes';
export const UNKNOWN_MANAGER = 'unknown';
export const BEFORE_FIRST_APPLY = 'before-first-apply';

/** What an object that we stored has. */
export function storedEntries(managedFields: Json | undefined): readonly ManagerEntry[] {
  if (!Array.isArray(managedFields)) return [];
  const entries: ManagerEntry[] = [];
  for (const json of managedFields) {
    if (!isJsonObject(json)) continue;
    const { manager = '', operation, apiVersion = '', time, subresource = '', fieldsV1 } = json;
    if (!isJsonObject(fieldsV1) || isLeaf(fieldsV1 as unknown as FieldSet)) continue;
    entries.push({
      manager: String(manager),
      operation: operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: String(apiVersion),
      time: typeof time === 'string' ? time : undefined,
      subresource: String(subresource),
      fields: fieldsV1 as unknown as FieldSet,
      json,
    });
  }
  return entries;
}

/** What a body claims; undefined when it is malformed, which leaves everything as it was. */
export function claimedEntries(managedFields: readonly Json[]): readonly ManagerEntry[] | undefined {
  const entries = new Map<string, ManagerEntry>();
  for (const json of managedFields) {
    const entry = isJsonObject(json) ? claimedEntry(json) : undefined;
    if (entry === undefined) return undefined;
    entries.set(identityOf(entry), entry);
  }
  return [...entries.values()].filter(({ fields }) => !isLeaf(fields));
}

function claimedEntry(json: JsonObject): ManagerEntry | undefined {
  const { manager = '', operation, apiVersion, time, subresource = '', fieldsType, fieldsV1 } = json;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof apiVersion !== 'string' || apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  if (typeof manager !== 'string' || typeof subresource !== 'string') return undefined;
  const seconds = typeof time === 'string' ? time : undefined;
  try {
    const fields = parseFieldsV1(fieldsV1) ?? {};
    return { manager, operation, apiVersion, time: seconds, subresource, fields, json: undefined };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** True when a body asks to forget who owned what: an empty list, or one of one empty entry. */
export function isReset(managedFields: Json | undefined): boolean {
  if (!Array.isArray(managedFields)) return false;
  if (managedFields.length === 0) return true;
  const [only] = managedFields;
  return managedFields.length === 1 && isJsonObject(only) && Object.keys(only).length === 0;
}

/** Kubernetes' manager identifier: what tells entries apart, and the order in which conflicts name them. */
export function identityOf(entry: Pick<ManagerEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const { manager, operation, apiVersion, subresource } = entry;
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });
}

export function isSameManager(
  entry: ManagerEntry,
  other: Pick<ManagerEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>,
): boolean {
  return (
    entry.manager === other.manager &&
    entry.operation === other.operation &&
    entry.subresource === other.subresource &&
    (entry.operation === 'Apply' || entry.apiVersion === other.apiVersion)
  );
}

/** The entry with other fields. */
export function withFields(entry: ManagerEntry, fields: FieldSet): ManagerEntry {
  return fields === entry.fields ? entry : { ...entry, fields, json: undefined };
}

/** managedFields as the object has it; undefined when nobody owns anything. */
export function encodeEntries(entries: readonly ManagerEntry[]): JsonObject[] | undefined {
  if (entries.length === 0) return undefined;
  return [...entries].sort(compareEntries).map((entry) => entry.json ?? encodeEntry(entry));
}

function encodeEntry({ manager, operation, apiVersion, time, subresource, fields }: ManagerEntry): JsonObject {
  const json: JsonObject = {};
  if (manager !== '') json['manager'] = manager;
  json['operation'] = operation;
  json['apiVersion'] = apiVersion;
  if (time !== undefined) json['time'] = time;
  json['fieldsType'] = 'FieldsV1';
  json['fieldsV1'] = fields as unknown as JsonObject;
  if (subresource !== '') json['subresource'] = subresource;
  return json;
}

function compareEntries(a: ManagerEntry, b: ManagerEntry): number {
  return (
    compareTexts(a.operation, b.operation) ||
    compareTexts(a.time ?? '', b.time ?? '') ||
    compareTexts(a.manager, b.manager) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

/** Puts the oldest updates together where there are too many: those of one version become one entry. */
export function capUpdates(entries: readonly ManagerEntry[]): readonly ManagerEntry[] {
  const updates = entries.filter(({ operation }) => operation === 'Update');
  if (updates.length <= UPDATE_ENTRIES_MAX) return entries;
  updates.sort((a, b) => compareTexts(a.time ?? '', b.time ?? '') || compareTexts(identityOf(a), identityOf(b)));
  const groups = new Map<string, Set<ManagerEntry>>();
  let count = updates.length;
  for (const entry of updates) {
    if (count <= UPDATE_ENTRIES_MAX) break;
    const group = groups.get(entry.apiVersion);
    if (group === undefined) groups.set(entry.apiVersion, new Set([entry]));
    else {
      group.add(entry);
      count--;
    }
  }
  const kept = new Set(entries);
  for (const [apiVersion, group] of groups) {
    if (group.size < 2) continue;
    const name = { manager: ANCIENT, operation: 'Update', apiVersion, subresource: '' } as const;
    const earlier = updates.find((one) => isSameManager(one, name));
    if (earlier !== undefined) group.add(earlier);
    for (const part of group) kept.delete(part);
    kept.add(bucketOf(name, [...group]));
  }
  return [...kept];
}

function bucketOf(
  name: Pick<ManagerEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>,
  parts: readonly ManagerEntry[],
): ManagerEntry {
  const time = parts
    .map((part) => part.time ?? '')
    .sort(compareTexts)
    .at(-1);
  const fields = unionOf(parts.map((part) => part.fields));
  return { ...name, time: time === '' ? undefined : time, fields, json: undefined };
}
