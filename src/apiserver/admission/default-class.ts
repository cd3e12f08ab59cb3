// Which class of a cluster is meant by objects that name none: of several default classes the newest, and of those created
// together the first by name.
import type { KubeObject } from '../../api/index.ts';
import type { Snapshot } from '../../store/index.ts';
import { findAll } from './stored-objects.ts';

/** Its name; undefined where no class is the default. */
export function defaultClassName<T extends KubeObject>(
  snapshot: Snapshot,
  resource: string,
  isDefault: (candidate: T) => boolean,
): string | undefined {
  let chosen: T | undefined;
  // In the order of their names: the first of equals stays.
  for (const { object } of findAll<T>(snapshot, resource, ''))
    if (isDefault(object) && createdAt(object) > createdAt(chosen)) chosen = object;
  return chosen?.metadata?.name;
}

function createdAt(object: KubeObject | undefined): string {
  return object?.metadata?.creationTimestamp ?? '';
}
