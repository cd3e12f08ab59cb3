// JSON Patch (RFC 6902). The document is not changed: a patched copy is answered. Bounded in operations and in what its
// copies may add, in the list elements that it moves about, and in depth; pointers that could reach a prototype are refused.
import { NESTING_LIMIT } from '../../lib/index.ts';
import { cloneJson, equalJson, isJsonObject, isUnsafeKey, type Json, measureJson } from '../json.ts';
import { JSON_PATCH_COPY_LIMIT_CHARACTERS, JSON_PATCH_MOVES_LIMIT, JSON_PATCH_OPERATIONS_LIMIT } from '../limits.ts';
import { ApiError, badRequestError, unfittingPatchError } from '../status.ts';
import { jsonKind } from './json-kind.ts';

type Operation = {
  readonly op: string;
  readonly path: string;
  readonly from: string | undefined;
  readonly value: Json | undefined;
};

/** What one patch has cost beyond its own length. */
interface Work {
  copiedCharacters: number;
  /** List elements that made room or closed a gap; and values that a move had to look at, which cost more. */
  moves: number;
}
const MOVES_PER_VALUE = 32;

/**
 * Applies `patch`, a list of operations in order. Throws ApiError: 400 for a malformed patch, 413 for one that is too large,
 * 422 when it does not fit the document (a failed `test`, a missing path).
 */
export function applyJsonPatch(document: Json, patch: Json): Json {
  if (patch === null) return cloneJson(document);
  if (!Array.isArray(patch)) throw undecodable(patch, 'Go value of type []handlers.jsonPatchOp');
  if (patch.length > JSON_PATCH_OPERATIONS_LIMIT) {
    const message = `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_LIMIT}, got ${patch.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', message);
  }
  const work: Work = { copiedCharacters: 0, moves: 0 };
  let current = cloneJson(document);
  for (const entry of patch) current = applyOperation(current, readOperation(entry), work);
  return current;
}

function spendCopy(work: Work, value: Json): void {
  work.copiedCharacters += JSON.stringify(value).length;
  if (work.copiedCharacters > JSON_PATCH_COPY_LIMIT_CHARACTERS) throw tooMuch('copies');
}

function spendMoves(work: Work, moves: number): void {
  work.moves += moves;
  if (work.moves > JSON_PATCH_MOVES_LIMIT) throw tooMuch('moves within lists');
}

function tooMuch(what: string): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `the ${what} of the JSON patch add up to too much`);
}

/** Members of the wrong type cannot be read; those that are not there only lead nowhere. */
function readOperation(entry: Json): Operation {
  if (entry !== null && !isJsonObject(entry)) throw undecodable(entry, 'Go value of type handlers.jsonPatchOp');
  const { op, path, from, value } = entry ?? {};
  const texts = {
    op: textOf('op', op),
    path: textOf('path', path),
    from: textOf('from', from),
  };
  if (texts.op === undefined || texts.path === undefined) throw unfittingPatchError();
  return { op: texts.op, path: texts.path, from: texts.from, value };
}

function textOf(name: string, member: Json | undefined): string | undefined {
  if (member === undefined || member === null) return undefined;
  if (typeof member !== 'string') throw undecodable(member, `Go struct field jsonPatchOp.${name} of type string`);
  return member;
}

function undecodable(value: Json, place: string): ApiError {
  return badRequestError(`error decoding patch: json: cannot unmarshal ${jsonKind(value)} into ${place}`);
}

function applyOperation(document: Json, operation: Operation, work: Work): Json {
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return put(document, path, cloneJson(given(operation)), work);
    case 'replace':
      valueAt(document, path);
      return replace(document, path, cloneJson(given(operation)));
    case 'remove':
      return remove(document, path, work);
    case 'test':
      if (!equalJson(valueAt(document, path), given(operation))) {
        throw unfittingPatchError();
      }
      return document;
    case 'copy': {
      const value = valueAt(document, parsePointer(operation.from ?? ''));
      spendCopy(work, value);
      return put(document, path, cloneJson(value), work);
    }
    case 'move': {
      const from = parsePointer(operation.from ?? '');
      if (path.length > from.length && from.every((step, index) => step === path[index])) {
        throw unfittingPatchError();
      }
      const value = valueAt(document, from);
      spendMoves(work, refuseTooDeep(path, value) * MOVES_PER_VALUE);
      return add(remove(document, from, work), path, value, work);
    }
    default:
      throw unfittingPatchError();
  }
}

/** Operations build upon each other: each may fit, and what they make be deeper than any walk over it can go. Answers the size. */
function refuseTooDeep(path: readonly string[], value: Json): number {
  const { depth, nodes } = measureJson(value);
  if (path.length + depth > NESTING_LIMIT)
    throw new ApiError(422, 'Invalid', `the patched object nests deeper than ${NESTING_LIMIT} levels`, {});
  return nodes;
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

function valueAt(document: Json, path: readonly string[]): Json {
  let value = document;
  for (const step of path) {
    const next: Json | undefined = Array.isArray(value)
      ? value[indexOf(step, value.length - 1)]
      : isJsonObject(value) && Object.hasOwn(value, step)
        ? value[step]
        : undefined;
    if (next === undefined) throw unfittingPatchError();
    value = next;
  }
  return value;
}

/** An index as RFC 6901 writes it: no sign, no leading zero. */
function indexOf(step: string, last: number): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(step)) throw unfittingPatchError();
  const index = Number(step);
  if (index > last) throw unfittingPatchError();
  return index;
}

function put(document: Json, path: readonly string[], value: Json, work: Work): Json {
  refuseTooDeep(path, value);
  return add(document, path, value, work);
}

function add(document: Json, path: readonly string[], value: Json, work: Work): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const at = last === '-' ? parent.length : indexOf(last, parent.length);
    spendMoves(work, parent.length - at);
    parent.splice(at, 0, value);
  } else if (isJsonObject(parent)) parent[last] = value;
  else throw unfittingPatchError();
  return document;
}

/** What is there gives its place. */
function replace(document: Json, path: readonly string[], value: Json): Json {
  refuseTooDeep(path, value);
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent[indexOf(last, parent.length - 1)] = value;
  else if (isJsonObject(parent)) parent[last] = value;
  return document;
}

function remove(document: Json, path: readonly string[], work: Work): Json {
  const last = path.at(-1);
  if (last === undefined) return null;
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const at = indexOf(last, parent.length - 1);
    spendMoves(work, parent.length - at);
    parent.splice(at, 1);
  } else if (isJsonObject(parent) && Object.hasOwn(parent, last)) delete parent[last];
  else throw unfittingPatchError();
  return document;
}
