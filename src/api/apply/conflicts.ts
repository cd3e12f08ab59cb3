// Conflicts: fields that an apply would change though others own them; and how Kubernetes tells of them.
import { ApiError } from '../status.ts';
import { type FieldSet, intersect, pathsOf, setOf, subtract } from './field-set.ts';
import { identityOf, type ManagerEntry } from './managers.ts';
import { compareElements, compareTexts, pathText } from './path-element.ts';
import type { ChangesIn } from './versions.ts';

export interface Conflict {
  readonly entry: ManagerEntry;
  readonly path: readonly string[];
}

/** Every field that changes, or comes, and that one of `entries` owns. */
export function conflictsWith(entries: readonly ManagerEntry[], changesIn: ChangesIn): readonly Conflict[] {
  return entries.flatMap((entry) => {
    const changed = changesIn(entry.apiVersion)?.changed;
    const taken = changed === undefined ? undefined : intersect(entry.fields, changed);
    return taken === undefined ? [] : pathsOf(taken, compareElements).map((path) => ({ entry, path }));
  });
}

/** The conflicts about fields outside of `allowed`. */
export function conflictsOutside(conflicts: readonly Conflict[], allowed: FieldSet): readonly Conflict[] {
  return conflicts.filter(({ path }) => subtract(setOf(path), allowed) !== undefined);
}

/** 409: `Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas`, a cause for each field. */
export function applyConflictError(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(entry)}`,
    field: pathText(path),
  }));
  return new ApiError(409, 'Conflict', messageOf(conflicts), { causes });
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.entry)}: ${pathText(first.path)}`;
  }
  const byEntry = new Map<ManagerEntry, string[]>();
  for (const { entry, path } of conflicts) {
    const lines = byEntry.get(entry) ?? [`conflicts with ${managerText(entry)}:`];
    byEntry.set(entry, lines);
    lines.push(`- ${pathText(path)}`);
  }
  const groups = [...byEntry].map(([entry, lines]) => ({ identity: identityOf(entry), lines }));
  const lines = groups.sort((a, b) => compareTexts(a.identity, b.identity)).flatMap((group) => group.lines);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function managerText({ manager, operation, apiVersion, subresource }: ManagerEntry): string {
  const name = JSON.stringify(manager);
  const part = subresource === '' ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${part} using ${apiVersion}` : part;
}
