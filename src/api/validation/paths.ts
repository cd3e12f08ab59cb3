// The rules of file paths that users write into volumes and mounts: nothing may lead out of where it belongs.
import type { FieldError } from '../definition.ts';
import { invalid } from '../field-error.ts';

/** No element is `..`. */
export function noBacksteps(path: string, at: string): FieldError[] {
  return path.split('/').includes('..') ? [invalid(at, path, "must not contain '..'")] : [];
}

/** Relative, and without `..`. */
export function descendingPath(path: string, at: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalid(at, path, 'must be a relative path')] : [];
  return [...errors, ...noBacksteps(path, at)];
}

/** The same, and not beginning with `..`: the kubelet keeps such names for its own links. */
export function localPath(path: string, at: string): FieldError[] {
  const errors = descendingPath(path, at);
  if (path.startsWith('..') && path !== '..' && !path.startsWith('../'))
    errors.push(invalid(at, path, "must not start with '..'"));
  return errors;
}
