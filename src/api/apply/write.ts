// What the two kinds of writes share: who writes, in which terms, and what a write takes from other managers.
import { rfc3339 } from '../../lib/index.ts';
import type { Json, JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';
import type { Changes } from './compare.ts';
import { subtract } from './field-set.ts';
import { type ManagerEntry, UNKNOWN_MANAGER, withFields } from './managers.ts';
import type { ChangesIn } from './versions.ts';

/** Who writes which part, in which version. */
export interface FieldWrite {
  /** The request's fieldManager, or what its User-Agent begins with. */
  readonly manager: string;
  /** Group and version of the request. */
  readonly apiVersion: string;
  /** '' for the object itself; status, scale … */
  readonly subresource: string;
  readonly nowMs: number;
}

/** The entry of who writes, without fields yet. Scale is owned in the terms of the object that is scaled. */
export function writerOf(write: FieldWrite, operation: ManagerEntry['operation'], object: KubeObject): ManagerEntry {
  const { manager, subresource, nowMs } = write;
  const apiVersion = subresource === 'scale' ? (object.apiVersion ?? write.apiVersion) : write.apiVersion;
  const time = rfc3339(nowMs);
  return { manager: manager || UNKNOWN_MANAGER, operation, apiVersion, time, subresource, fields: {}, json: undefined };
}

/** Objects are JSON trees; their types only say more. */
export function jsonOf(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}

/** What `entries` keep of a write that makes these changes; entries that are left with nothing vanish. */
export function afterChanges(entries: readonly ManagerEntry[], changesIn: ChangesIn): readonly ManagerEntry[] {
  const kept: ManagerEntry[] = [];
  for (const entry of entries) {
    const changes = changesIn(entry.apiVersion);
    if (changes === undefined) continue;
    let fields = changes.changed === undefined ? entry.fields : subtract(entry.fields, changes.changed);
    if (fields !== undefined && changes.removed !== undefined) fields = subtract(fields, changes.removed);
    if (fields !== undefined) kept.push(withFields(entry, fields));
  }
  return kept;
}

export const NO_CHANGES: Changes = { changed: undefined, removed: undefined };

export function managedFieldsOf(object: KubeObject): Json[] | undefined {
  return object.metadata?.managedFields as unknown as Json[] | undefined;
}

export function setManagedFields(object: KubeObject, managedFields: readonly Json[] | undefined): void {
  const { metadata } = object;
  if (managedFields === undefined || managedFields.length === 0) {
    if (metadata?.managedFields !== undefined) delete metadata.managedFields;
    return;
  }
  object.metadata = metadata ?? {};
  object.metadata.managedFields = managedFields as unknown as NonNullable<KubeObject['metadata']>['managedFields'] & {};
}
