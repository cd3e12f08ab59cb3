// Request bodies to JSON trees. Size and nesting are checked by a linear scan before anything is parsed; duplicate
// fields are reported, not silently dropped; a key that could reach a prototype never gets in.
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Tags, visit } from 'yaml';
import { NESTING_LIMIT, REQUEST_BODY_LIMIT_BYTES } from '../lib/index.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { isUnsafeKey, type Json } from './json.ts';
import { YAML_ALIAS_LIMIT, YAML_FLOW_NESTING_LIMIT } from './limits.ts';
import { decodeProtobuf, PROTOBUF_MEDIA_TYPE } from './protobuf/decode.ts';
import { badRequestError, tooLargeError, unsupportedMediaTypeError } from './status.ts';

export const BODY_MEDIA_TYPES: readonly string[] = ['application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE];
const YAML_TYPES = new Set(['application/yaml', 'application/x-yaml', 'text/yaml', 'application/apply-patch+yaml']);

export interface DecodedBody {
  readonly value: Json;
  /** Paths of fields that occur twice (the last one counts), for strict field validation. */
  readonly duplicateFields: readonly string[];
  /** Paths of members removed because of their key (`__proto__`): unknown fields of every type. */
  readonly unsafeFields: readonly string[];
}

/** The media type without parameters, in lower case. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/**
 * `contentType` may carry parameters; absent means JSON, and so does every `…+json`. Throws ApiError: 413 for size, 415 for
 * other media types, 400 for everything that cannot be parsed.
 */
export function decodeBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  limitBytes: number = REQUEST_BODY_LIMIT_BYTES,
): DecodedBody {
  if (bytes.length > limitBytes) throw tooLargeError(limitBytes);
  const mediaType = mediaTypeOf(contentType);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mediaType === '' || mediaType === 'application/json' || mediaType.endsWith('+json')) return decodeJson(buffer);
  if (YAML_TYPES.has(mediaType)) return decodeYaml(buffer.toString('utf8'));
  if (mediaType === PROTOBUF_MEDIA_TYPE) return checked(decodeProtobuf(bytes));
  throw unsupportedMediaTypeError(BODY_MEDIA_TYPES);
}

function decodeJson(buffer: Buffer): DecodedBody {
  const members = scanJson(buffer);
  const text = buffer.toString('utf8');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw badRequestError(
      `couldn't get version/kind; json parse error: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  const tree = sweep(value, text.includes('__proto__') || text.includes('\\u'));
  return {
    value,
    duplicateFields: tree.members === members ? [] : duplicateFields(text),
    unsafeFields: tree.unsafe,
  };
}

/** Throws when the text nests too deep; otherwise the number of members, which is the number of colons outside strings. */
function scanJson(buffer: Buffer): number {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < buffer.length; at++) {
    const byte = buffer[at];
    if (byte === 0x22) {
      at++;
      while (at < buffer.length && buffer[at] !== 0x22) at += buffer[at] === 0x5c ? 2 : 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      if (depth > NESTING_LIMIT) throw tooDeep();
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === 0x3a) {
      members++;
    }
  }
  return members;
}

function tooDeep(): Error {
  return badRequestError(`the body nests deeper than ${NESTING_LIMIT} levels`);
}

interface Swept {
  members: number;
  readonly unsafe: string[];
}

/** Counts the members of a tree, and removes those with unsafe keys when there may be some. */
function sweep(root: Json, mayBeUnsafe: boolean): Swept {
  const swept: Swept = { members: 0, unsafe: [] };
  const visitValue = (value: Json, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++)
        visitValue(value[index] ?? null, mayBeUnsafe ? `${path}[${index}]` : '');
      return;
    }
    const keys = Object.keys(value);
    swept.members += keys.length;
    for (const key of keys) {
      const inner = mayBeUnsafe ? (path === '' ? key : `${path}.${key}`) : '';
      visitValue(value[key] ?? null, inner);
      if (mayBeUnsafe && isUnsafeKey(key)) {
        swept.unsafe.push(inner);
        delete value[key];
      }
    }
  };
  visitValue(root, '');
  return swept;
}

/**
 * As Kubernetes reads YAML: `0644` is octal and `yes` is true, as YAML 1.1 has it, but nothing is a date, and `1:30` is no number.
 */
const YAML_OPTIONS = {
  merge: true,
  uniqueKeys: false,
  logLevel: 'silent',
  schema: 'yaml-1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter(
      (tag) => typeof tag === 'string' || (PLAIN_TAGS.test(tag.tag) && !('format' in tag && tag.format === 'TIME')),
    ),
} as const;
const PLAIN_TAGS = /^tag:yaml\.org,2002:(?:map|seq|str|null|bool|int|float|merge)$/;

function decodeYaml(text: string): DecodedBody {
  checkYamlNesting(text);
  try {
    const documents = parseAllDocuments(text, YAML_OPTIONS);
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (second !== undefined) throw badRequestError('the body holds several YAML documents');
    if (document === undefined) return { value: null, duplicateFields: [], unsafeFields: [] };
    const problem = document.errors[0];
    if (problem !== undefined) throw badRequestError(`error converting YAML to JSON: yaml: ${problem.message}`);
    const duplicates = yamlDuplicates(document.contents, '');
    let aliases = 0;
    visit(document, { Alias: () => void aliases++ });
    if (aliases > YAML_ALIAS_LIMIT) throw badRequestError(`the YAML body has more than ${YAML_ALIAS_LIMIT} aliases`);
    const parsed: unknown = document.toJS({ maxAliasCount: YAML_ALIAS_LIMIT });
    refuseExpanded(parsed);
    const value = JSON.parse(JSON.stringify(parsed ?? null)) as Json;
    return checked(value, duplicates);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    if (error instanceof ReferenceError) throw badRequestError(`error converting YAML to JSON: yaml: ${error.message}`);
    throw error;
  }
}

/** Aliases share what they name until it is written out: never more than a body may hold. */
function refuseExpanded(root: unknown): void {
  let size = 0;
  const queue = [root];
  for (let value = queue.pop(); value !== undefined || queue.length > 0; value = queue.pop()) {
    size += typeof value === 'string' ? value.length : 1;
    if (size > REQUEST_BODY_LIMIT_BYTES) throw tooLargeError(REQUEST_BODY_LIMIT_BYTES);
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value)) queue.push(key, member);
  }
}

/** A tree whose form told nothing of its depth and its keys. */
function checked(value: Json, duplicates: readonly string[] = []): DecodedBody {
  if (depthOf(value) > NESTING_LIMIT) throw tooDeep();
  return { value, duplicateFields: duplicates, unsafeFields: sweep(value, true).unsafe };
}

/** A cheap upper bound of nesting before parsing: open flow brackets, and block markers on one line. */
function checkYamlNesting(text: string): void {
  let open = 0;
  let markers = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x5b || char === 0x7b) open++;
    else if ((char === 0x5d || char === 0x7d) && open > 0) open--;
    else if (char === 0x0a) markers = 0;
    else if ((char === 0x2d || char === 0x3f) && text.charCodeAt(at + 1) === 0x20) markers++;
    if (open > YAML_FLOW_NESTING_LIMIT || markers > YAML_FLOW_NESTING_LIMIT) throw tooDeep();
  }
}

function yamlDuplicates(node: unknown, path: string): string[] {
  if (isAlias(node)) return [];
  if (isSeq(node)) return node.items.flatMap((item, index) => yamlDuplicates(item, `${path}[${index}]`));
  if (!isMap(node)) return [];
  const seen = new Set<string>();
  const found: string[] = [];
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const inner = path === '' ? key : `${path}.${key}`;
    if (seen.has(key) && key !== '<<') found.push(inner);
    seen.add(key);
    found.push(...yamlDuplicates(pair.value, inner));
  }
  return found;
}

function depthOf(root: Json): number {
  let deepest = 0;
  const queue: [Json, number][] = [[root, 0]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [value, depth] = next;
    if (typeof value !== 'object' || value === null) continue;
    deepest = Math.max(deepest, depth + 1);
    for (const member of Object.values(value)) queue.push([member, depth + 1]);
  }
  return deepest;
}
