// Whether a request whose answer was lost may be sent again: reads always, writes when something in them makes the second
// one harmless: a resourceVersion, a uid, or a name that can be taken only once. Pure functions over what would be sent.
import type { KubeObject } from '../api/index.ts';
import type { DeleteOptions, PatchType } from './types.ts';

/** A second create of the same name is refused with AlreadyExists; a generated name would make a second object. */
export function createIsRepeatable(object: KubeObject): boolean {
  return named(object);
}

/** A second update with the same resourceVersion is refused with Conflict. */
export function updateIsRepeatable(object: KubeObject): boolean {
  return guardedByVersion(object);
}

/** Server-side apply states an intent; other patches need the resourceVersion they were decided on. */
export function patchIsRepeatable(type: PatchType, patch: unknown): boolean {
  switch (type) {
    case 'apply':
      return true;
    case 'merge':
    case 'strategic':
      return isObject(patch) && guardedByVersion(patch as KubeObject);
    case 'json':
      return Array.isArray(patch) && patch.some(testsVersion);
  }
}

/** Without a uid or resourceVersion a second delete could meet a new object of that name. */
export function deleteIsRepeatable(options: DeleteOptions): boolean {
  return options.uid !== undefined || options.resourceVersion !== undefined;
}

/** A pod is bound once; a token more does no harm; anything else needs the uid of what it is about. */
export function subresourceIsRepeatable(subresource: string, body: unknown): boolean {
  if (subresource === 'binding' || subresource === 'token') return true;
  if (!isObject(body)) return false;
  const { deleteOptions } = body as { deleteOptions?: { preconditions?: { uid?: string } } };
  return deleteOptions?.preconditions?.uid !== undefined;
}

function named(object: KubeObject): boolean {
  return (object.metadata?.name ?? '') !== '';
}

function guardedByVersion(object: KubeObject): boolean {
  return (object.metadata?.resourceVersion ?? '') !== '';
}

function testsVersion(operation: unknown): boolean {
  if (!isObject(operation)) return false;
  const { op, path } = operation as { op?: unknown; path?: unknown };
  return op === 'test' && path === '/metadata/resourceVersion';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
