// Bodies in application/vnd.kubernetes.protobuf to JSON trees: what kubectl 1.32 and later and Go programs send for
// built-in kinds. The wire form is four magic bytes and an Unknown that names the kind and wraps its message.
import protobuf from 'protobufjs/minimal.js';
import { NESTING_LIMIT } from '../../lib/index.ts';
import generated from '../generated/protobuf.json' with { type: 'json' };
import { isUnsafeKey, type Json, type JsonObject } from '../json.ts';
import { badRequestError } from '../status.ts';
import type { FieldPlace, MessageTable } from './messages.ts';
import { isSpecialMessage, specialToJson } from './special.ts';

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const MESSAGES = generated as MessageTable;
const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
/** Options that every group speaks in its own version. */
const META_KINDS = new Set([
  'DeleteOptions',
  'CreateOptions',
  'UpdateOptions',
  'PatchOptions',
  'ListOptions',
  'Status',
]);

/** What a list is wrapped in where it is the value of a map; in JSON it is the list alone. */
const LIST_IN_MAP = '.ExtraValue';

/** Wire types (protobuf encoding, "message structure"). */
const VARINT = 0;
const BYTES = 2;

type Reader = protobuf.Reader;

/** Throws ApiError 400 for bytes that are not such a message, and for kinds that have none. */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (Buffer.compare(bytes.subarray(0, MAGIC.length), MAGIC) !== 0) {
    throw badRequestError('the body does not begin with the prefix of a Kubernetes protobuf message');
  }
  try {
    const { apiVersion, kind, raw } = readUnknown(protobuf.Reader.create(bytes.subarray(MAGIC.length)));
    const message = messageOf(apiVersion, kind);
    if (MESSAGES[message] === undefined) {
      throw badRequestError(`no kind "${kind}" is registered for version "${apiVersion}" in its protobuf form`);
    }
    return { apiVersion, kind, ...readMessage(protobuf.Reader.create(raw), raw.length, message, 0) };
  } catch (error) {
    if (isMalformed(error)) throw badRequestError(`the body is not a valid protobuf message: ${error.message}`);
    throw error;
  }
}

/** k8s.io.api.<first label of the group, or core>.<version>.<kind> */
function messageOf(apiVersion: string, kind: string): string {
  if (META_KINDS.has(kind)) return `${META}.${kind}`;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return `k8s.io.api.${group?.split('.')[0]}.${version}.${kind}`;
}

function readUnknown(reader: Reader): { apiVersion: string; kind: string; raw: Uint8Array } {
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1 && (tag & 7) === BYTES) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        const inner = reader.uint32();
        if (inner >>> 3 === 1) apiVersion = reader.string();
        else if (inner >>> 3 === 2) kind = reader.string();
        else reader.skipType(inner & 7);
      }
    } else if (tag >>> 3 === 2 && (tag & 7) === BYTES) raw = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return { apiVersion, kind, raw };
}

function readMessage(reader: Reader, end: number, message: string, depth: number): Record<string, Json> {
  if (depth > NESTING_LIMIT) throw new RangeError(`it nests deeper than ${NESTING_LIMIT} levels`);
  const places = MESSAGES[message] ?? {};
  const object: Record<string, Json> = {};
  if (end > reader.len) throw new RangeError('a message is cut off');
  while (reader.pos < end) {
    const tag = reader.uint32();
    const place = places[tag >>> 3];
    if (place === undefined) reader.skipType(tag & 7);
    else readField(reader, tag & 7, place, object, depth);
  }
  return object;
}

function readField(reader: Reader, wire: number, place: FieldPlace, object: Record<string, Json>, depth: number): void {
  if (place.shape === 'map') {
    const [key, value] = readPair(reader, place.type, depth);
    object[place.name] ??= {};
    if (!isUnsafeKey(key)) (object[place.name] as Record<string, Json>)[key] = value;
    return;
  }
  const value = readValue(reader, wire, place.type, depth);
  if (place.shape === 'inline') Object.assign(object, value);
  else if (place.shape === 'list') {
    object[place.name] ??= [];
    if (value !== undefined) (object[place.name] as Json[]).push(value);
  } else if (value !== undefined && (place.keepsZero || !isZero(value))) object[place.name] = value;
}

function isZero(value: Json): boolean {
  return value === 0 || value === false || value === '';
}

/** One entry of a map: key 1, value 2; either may be missing and is then empty. */
function readPair(reader: Reader, type: string, depth: number): [string, Json] {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: Json | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, tag & 7, type, depth);
    else reader.skipType(tag & 7);
  }
  return [key, value ?? ''];
}

function readValue(reader: Reader, wire: number, type: string, depth: number): Json | undefined {
  switch (type) {
    case 'string':
      return reader.string();
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'int64':
      return Number(reader.int64().toString());
    case 'double':
      return reader.double();
    default: {
      if (wire !== BYTES) throw new RangeError(`a field of ${type} is not a message`);
      const end = reader.uint32() + reader.pos;
      if (isSpecialMessage(type)) return specialToJson(type, readRaw(reader, end));
      const object = readMessage(reader, end, type, depth + 1);
      return type.endsWith(LIST_IN_MAP) ? (object['items'] ?? []) : object;
    }
  }
}

function readRaw(reader: Reader, end: number): Map<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if ((tag & 7) === VARINT) fields.set(tag >>> 3, Number(reader.int64().toString()));
    else if ((tag & 7) === BYTES) fields.set(tag >>> 3, reader.bytes());
    else reader.skipType(tag & 7);
  }
  return fields;
}

/** What the reader throws for bytes that are no message; a wire type that does not exist is a plain Error of its. */
function isMalformed(error: unknown): error is Error {
  if (error instanceof RangeError || error instanceof SyntaxError) return true;
  return error instanceof Error && error.message.startsWith('invalid wire type');
}
