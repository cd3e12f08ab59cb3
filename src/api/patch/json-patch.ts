// JSON Patch (RFC 6902). The document is not changed: a patched copy is answered. Bounded in operations and in what its
// copies may add; pointers that could reach a prototype are refused.
import { cloneJson, equalJson, isJsonObject, isUnsafeKey, type Json } from '../json.ts';
import { JSON_PATCH_COPY_LIMIT_CHARACTERS, JSON_PATCH_OPERATIONS_LIMIT } from '../limits.ts';
import { ApiError, badRequestError } from '../status.ts';

type Operation = {
  readonly op: string;
  readonly path: string;
  readonly from: string | undefined;
  readonly value: Json | undefined;
};

/**
 * Applies `patch`, a list of operations in order. Throws ApiError: 400 for a malformed patch, 413 for one that is too large,
 * 422 when it does not fit the document (a failed `test`, a missing path).
 */
export function applyJsonPatch(document: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequestError('error decoding patch: a JSON patch must be a list of operations');
  if (patch.length > JSON_PATCH_OPERATIONS_LIMIT) {
    const message = `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_LIMIT}, got ${patch.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', message);
  }
  let copied = 0;
  let current = cloneJson(document);
  for (const entry of patch) {
    const operation = readOperation(entry);
    if (operation.op === 'copy') {
      copied += JSON.stringify(valueAt(current, parsePointer(operation.from ?? ''))).length;
      if (copied > JSON_PATCH_COPY_LIMIT_CHARACTERS) {
        throw new ApiError(413, 'RequestEntityTooLarge', 'the copies of the JSON patch add up to too much');
      }
    }
    current = applyOperation(current, operation);
  }
  return current;
}

function readOperation(entry: Json): Operation {
  if (!isJsonObject(entry)) throw badRequestError('error decoding patch: an operation must be an object');
  const { op, path, from } = entry;
  if (typeof op !== 'string' || typeof path !== 'string') {
    throw badRequestError('error decoding patch: an operation needs the members op and path');
  }
  if (from !== undefined && typeof from !== 'string')
    throw badRequestError('error decoding patch: from must be a string');
  return { op, path, from, value: Object.hasOwn(entry, 'value') ? entry['value'] : undefined };
}

function applyOperation(document: Json, operation: Operation): Json {
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(document, path, cloneJson(given(operation)));
    case 'replace':
      valueAt(document, path);
      return add(path.length === 0 ? document : remove(document, path), path, cloneJson(given(operation)));
    case 'remove':
      return remove(document, path);
    case 'test':
      if (!equalJson(valueAt(document, path), given(operation))) {
        throw unprocessable(`testing value ${operation.path} failed: test failed`);
      }
      return document;
    case 'copy':
      return add(document, path, cloneJson(valueAt(document, parsePointer(operation.from ?? ''))));
    case 'move': {
      const from = parsePointer(operation.from ?? '');
      if (path.length > from.length && from.every((step, index) => step === path[index])) {
        throw unprocessable(`move into its own child: ${operation.from} to ${operation.path}`);
      }
      const value = valueAt(document, from);
      return add(remove(document, from), path, value);
    }
    default:
      throw badRequestError(`error decoding patch: unexpected kind: ${operation.op}`);
  }
}

function given({ op, value }: Operation): Json {
  if (value === undefined) throw badRequestError(`error decoding patch: the operation ${op} needs a value`);
  return value;
}

/** `/spec/containers/0` is ['spec', 'containers', '0']; '' is the whole document. */
function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/'))
    throw badRequestError(`error decoding patch: the pointer ${JSON.stringify(pointer)} must begin with /`);
  const steps = pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (steps.some((step) => isUnsafeKey(step) || step === 'constructor')) {
    throw badRequestError(`error decoding patch: the pointer ${JSON.stringify(pointer)} is not allowed`);
  }
  return steps;
}

function unprocessable(message: string): ApiError {
  return new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`, {});
}

function missing(step: string): ApiError {
  return unprocessable(`the path does not exist: missing value at ${JSON.stringify(step)}`);
}

function valueAt(document: Json, path: readonly string[]): Json {
  let value = document;
  for (const step of path) {
    const next: Json | undefined = Array.isArray(value)
      ? value[indexOf(step, value.length - 1)]
      : isJsonObject(value) && Object.hasOwn(value, step)
        ? value[step]
        : undefined;
    if (next === undefined) throw missing(step);
    value = next;
  }
  return value;
}

/** An index as RFC 6901 writes it: no sign, no leading zero. */
function indexOf(step: string, last: number): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(step)) throw missing(step);
  const index = Number(step);
  if (index > last) throw missing(step);
  return index;
}

function add(document: Json, path: readonly string[], value: Json): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : indexOf(last, parent.length), 0, value);
  else if (isJsonObject(parent)) parent[last] = value;
  else throw missing(last);
  return document;
}

function remove(document: Json, path: readonly string[]): Json {
  const last = path.at(-1);
  if (last === undefined) return null;
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length - 1), 1);
  else if (isJsonObject(parent) && Object.hasOwn(parent, last)) delete parent[last];
  else throw missing(last);
  return document;
}
