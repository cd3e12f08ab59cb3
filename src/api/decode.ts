// Request bodies to JSON trees. Size and nesting are checked by a linear scan before anything is parsed; duplicate
// fields are reported, not silently dropped; a key that could reach a prototype never gets in.
import { NESTING_LIMIT, REQUEST_BODY_LIMIT_BYTES } from '../lib/index.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { isUnsafeKey, type Json, joinPath, measureJson } from './json.ts';
import { jsonSyntaxError } from './json-syntax.ts';
import { APPLY_MEDIA_TYPE } from './patch/media-types.ts';
import { decodeProtobuf, PROTOBUF_MEDIA_TYPE } from './protobuf/decode.ts';
import { ApiError, bodyTooDeep, tooLargeError, unsupportedMediaTypeError } from './status.ts';
import { decodeYaml } from './yaml.ts';

export const BODY_MEDIA_TYPES: readonly string[] = ['application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE];
const YAML_TYPES = new Set(['application/yaml', 'application/x-yaml', 'text/yaml']);

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
  if (mediaType === APPLY_MEDIA_TYPE) return decodeApply(buffer);
  if (YAML_TYPES.has(mediaType)) {
    const { value, duplicateFields } = decodeYaml(buffer.toString('utf8'));
    return checked(value, duplicateFields);
  }
  if (mediaType === PROTOBUF_MEDIA_TYPE) return checked(decodeProtobuf(bytes));
  throw unsupportedMediaTypeError(BODY_MEDIA_TYPES);
}

/** A body that is no JSON: those who expect something else than an object say so in their own words. */
export class JsonParseError extends ApiError {
  readonly why: string;

  constructor(why: string) {
    super(400, 'BadRequest', `couldn't get version/kind; json parse error: ${why}`);
    this.why = why;
  }
}

/** YAML, which clients mostly write as JSON: that is read in a fraction of the time, and what is no JSON after all as YAML. */
function decodeApply(buffer: Buffer): DecodedBody {
  const text = buffer.toString('utf8');
  if (/^\s*\{/.test(text)) {
    try {
      return decodeJson(buffer);
    } catch {
      // A flow map, or wrong in any case: the reader of YAML says so.
    }
  }
  const { value, duplicateFields } = decodeYaml(text);
  return checked(value, duplicateFields);
}

function decodeJson(buffer: Buffer): DecodedBody {
  const members = scanJson(buffer);
  const text = buffer.toString('utf8');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new JsonParseError(jsonSyntaxError(buffer) ?? (cause instanceof Error ? cause.message : String(cause)));
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
      if (depth > NESTING_LIMIT) throw bodyTooDeep();
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === 0x3a) {
      members++;
    }
  }
  return members;
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
        visitValue(value[index] ?? null, mayBeUnsafe ? joinPath(path, `[${index}]`) : '');
      return;
    }
    const keys = Object.keys(value);
    swept.members += keys.length;
    for (const key of keys) {
      const inner = mayBeUnsafe ? joinPath(path, key) : '';
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

/** A tree whose form told nothing of its depth and its keys. */
function checked(value: Json, duplicates: readonly string[] = []): DecodedBody {
  if (measureJson(value).depth > NESTING_LIMIT) throw bodyTooDeep();
  return { value, duplicateFields: duplicates, unsafeFields: sweep(value, true).unsafe };
}
