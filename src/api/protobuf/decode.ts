// Bodies in application/vnd.kubernetes.protobuf to JSON trees: what kubectl 1.32 and later and Go programs send for
// built-in kinds. The wire form is four magic bytes and an Unknown that names the kind and wraps its message.
import protobuf from 'protobufjs/minimal.js';
import { NESTING_LIMIT, unreachable } from '../../lib/index.ts';
import { isUnsafeKey, type Json, type JsonObject } from '../json.ts';
import { badRequestError } from '../status.ts';
import { type FieldPlace, messageOf } from './messages.ts';
import { placesOf } from './places.ts';
import { isSpecialMessage, specialToJson } from './special.ts';

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';
export const PROTOBUF_MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** Wire types (protobuf encoding, "message structure"). */
const VARINT = 0;
const BYTES = 2;

type Reader = protobuf.Reader;

/** Throws ApiError 400 for bytes that are not such a message, and for kinds that have none. */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (Buffer.compare(bytes.subarray(0, PROTOBUF_MAGIC.length), PROTOBUF_MAGIC) !== 0) {
    throw badRequestError(
      `provided data does not appear to be a protobuf message, expected prefix [${PROTOBUF_MAGIC.join(' ')}]`,
    );
  }
  try {
    const { apiVersion, kind, raw } = readUnknown(protobuf.Reader.create(bytes.subarray(PROTOBUF_MAGIC.length)));
    const message = messageOf(apiVersion, kind);
    if (placesOf(message) === undefined) {
      throw badRequestError(`no kind "${kind}" is registered for version "${apiVersion}" in its protobuf form`);
    }
    return { apiVersion, kind, ...readMessage(protobuf.Reader.create(raw), raw.length, message, 0) };
  } catch (error) {
    if (isMalformed(error)) throw badRequestError(`the body is not a valid protobuf message: ${error.message}`);
    throw error;
  }
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
  const places = placesOf(message);
  const object: Record<string, Json> = {};
  if (end > reader.len) throw new RangeError('a message is cut off');
  while (reader.pos < end) {
    const tag = reader.uint32();
    const place = places?.byNumber.get(tag >>> 3);
    if (place === undefined) reader.skipType(tag & 7);
    else readField(reader, tag & 7, place, object, depth);
  }
  for (const { name, shape } of places?.kept ?? []) object[name] ??= shape === 'list' ? [] : {};
  return object;
}

function readField(reader: Reader, wire: number, place: FieldPlace, object: Record<string, Json>, depth: number): void {
  const { name, type, shape } = place;
  switch (shape) {
    case 'map': {
      const [key, value] = readPair(reader, type, depth);
      object[name] ??= {};
      if (!isUnsafeKey(key)) (object[name] as Record<string, Json>)[key] = value;
      return;
    }
    case 'list':
    case 'items':
      object[name] ??= [];
      readItems(reader, wire, type, object[name] as Json[], depth);
      return;
    case 'inline':
      Object.assign(object, readValue(reader, wire, type, depth));
      return;
    case 'one': {
      const value = readValue(reader, wire, type, depth);
      if (value === undefined) return;
      if (place.keepsZero || !isZero(value)) object[name] = value;
      // The last one counts, as if those before it had not been sent.
      else delete object[name];
      return;
    }
    default:
      unreachable(shape);
  }
}

/** One item, or many numbers packed into one field: readers take either form. */
function readItems(reader: Reader, wire: number, type: string, items: Json[], depth: number): void {
  if (wire !== BYTES || wireOf(type) !== VARINT) {
    const value = readValue(reader, wire, type, depth);
    if (value !== undefined) items.push(value);
    return;
  }
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) {
    const value = readValue(reader, VARINT, type, depth);
    if (value !== undefined) items.push(value);
  }
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
  return [key, value ?? readValue(empty(), wireOf(type), type, depth) ?? null];
}

/** What a value that was not sent is read from: zero, or no bytes. */
function empty(): Reader {
  return protobuf.Reader.create(new Uint8Array(1));
}

function readValue(reader: Reader, wire: number, type: string, depth: number): Json | undefined {
  if (wire !== wireOf(type)) throw new RangeError(`a field of ${type} has the wire type ${wire}`);
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
    default: {
      const end = reader.uint32() + reader.pos;
      if (isSpecialMessage(type)) return specialToJson(type, readRaw(reader, end));
      const object = readMessage(reader, end, type, depth + 1);
      return placesOf(type)?.isList === true ? (object['items'] ?? []) : object;
    }
  }
}

function wireOf(type: string): number {
  return type === 'bool' || type === 'int32' || type === 'int64' ? VARINT : BYTES;
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

/** What the reader throws for bytes that are no message: plain Errors of its for wire types that do not exist, and groups in groups. */
function isMalformed(error: unknown): error is Error {
  if (error instanceof RangeError || error instanceof SyntaxError) return true;
  return error instanceof Error && /^(?:invalid wire type|maximum nesting depth)/.test(error.message);
}
