// What strategies of kinds with spec, status and pod template do alike.
import { equalJson } from '../json.ts';
import type { PodTemplateSpec } from '../types.ts';

/** For updates of the main resource: status stays what it was, `empty` where there was none. True when the spec changed. */
export function keepStatus<Status>(
  object: { spec?: unknown; status?: Status },
  old: { spec?: unknown; status?: Status },
  empty: Status,
): boolean {
  object.status = structuredClone(old.status ?? empty);
  return !equalJson(object.spec, old.spec);
}

/** A template always has metadata, as the objects of Go clients do. */
export function defaultTemplate(holder: { template?: PodTemplateSpec }): void {
  if (holder.template !== undefined) holder.template.metadata ??= {};
}
