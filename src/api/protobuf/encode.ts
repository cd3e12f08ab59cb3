// Objects to application/vnd.kubernetes.protobuf: the mirror of decode.ts, driven by the same places. A writer for each message
// is put together when it is first used. What JSON has is written, also zeroes; what it has not, is not.
import protobuf from 'protobufjs/minimal.js';
import type { Json } from '../json.ts';
import type { KubeObject } from '../object.ts';
import type { ListMetadata } from '../table.ts';
import { PROTOBUF_MAGIC } from './decode.ts';
import { type FieldPlace, messageOf } from './messages.ts';
import { placesOf } from './places.ts';
import { isSpecialMessage, writeSpecial } from './special.ts';

type Writer = protobuf.Writer;
type Write = (writer: Writer, value: Json) => void;

const BYTES = 2;

/** The fields of an object without the envelope that names its kind. Throws RangeError for kinds that have no message. */
export function encodeMessage(object: KubeObject): Uint8Array {
  const writer = protobuf.Writer.create();
  messageWriter(requiredMessage(object.apiVersion ?? '', object.kind ?? ''))(writer, object as Json);
  return writer.finish();
}

/** An object as it is sent: whoever reads it learns its kind from the envelope. */
export function encodeProtobuf(object: KubeObject): Uint8Array {
  return enveloped(object.apiVersion ?? '', object.kind ?? '', encodeMessage(object));
}

/** Puts a message (encodeMessage) into the envelope: the magic bytes, and an Unknown. */
export function enveloped(apiVersion: string, kind: string, message: Uint8Array): Uint8Array {
  return Buffer.concat([envelopeHead(apiVersion, kind, message.length), message, ENVELOPE_TAIL]);
}

/** contentEncoding and contentType, empty as Kubernetes writes them. */
const ENVELOPE_TAIL = Buffer.from([0x1a, 0x00, 0x22, 0x00]);
/** Field 2 of Unknown, and of the lists but one. */
const BYTES_2 = 0x12;

function envelopeHead(apiVersion: string, kind: string, length: number): Uint8Array {
  const type = protobuf.Writer.create().uint32(0x0a).string(apiVersion).uint32(BYTES_2).string(kind).finish();
  return Buffer.concat([PROTOBUF_MAGIC, fieldHead(0x0a, type.length), type, fieldHead(BYTES_2, length)]);
}

/** Tag and length of a field whose bytes follow. */
function fieldHead(tag: number, length: number): Uint8Array {
  return protobuf.Writer.create().uint32(tag).uint32(length).finish();
}

export interface EncodedList {
  readonly parts: Iterable<Uint8Array>;
  readonly lengthBytes: number;
}

/** A list of encoded messages, in pieces: its length comes before its items. */
export function encodeList(
  apiVersion: string,
  kind: string,
  metadata: ListMetadata,
  items: readonly Uint8Array[],
): EncodedList {
  const message = requiredMessage(apiVersion, kind);
  const itemsTag = tagOf(placesOf(message)?.all.find(({ name }) => name === 'items')?.number ?? 0, BYTES);
  const start = protobuf.Writer.create();
  messageWriter(message)(start, { metadata: { ...metadata } });
  const opening = start.finish();
  let length = opening.length;
  for (const item of items) length += fieldHead(itemsTag, item.length).length + item.length;
  const head = Buffer.concat([envelopeHead(apiVersion, kind, length), opening]);
  const parts = function* (): Generator<Uint8Array> {
    yield head;
    for (const item of items) {
      yield fieldHead(itemsTag, item.length);
      yield item;
    }
    yield ENVELOPE_TAIL;
  };
  const envelopeBytes = head.length - opening.length + ENVELOPE_TAIL.length;
  return { parts: { [Symbol.iterator]: parts }, lengthBytes: envelopeBytes + length };
}

/** One event of a watch: four bytes of length, and a WatchEvent that holds an object as it is sent. */
export function encodeFrame(type: string, object: Uint8Array): Uint8Array {
  const raw = fieldHead(0x0a, object.length);
  const event = protobuf.Writer.create()
    .uint32(0x0a)
    .string(type)
    .uint32(BYTES_2)
    .uint32(raw.length + object.length)
    .finish();
  const prefix = Buffer.alloc(FRAME_PREFIX_BYTES);
  prefix.writeUInt32BE(event.length + raw.length + object.length);
  return Buffer.concat([prefix, event, raw, object]);
}

/** What precedes each event on a stream; messages of a WebSocket are told apart without. */
export const FRAME_PREFIX_BYTES = 4;

function requiredMessage(apiVersion: string, kind: string): string {
  const message = messageOf(apiVersion, kind);
  if (placesOf(message) === undefined) throw new RangeError(`${kind} of ${apiVersion} has no protobuf message`);
  return message;
}

const writers = new Map<string, Write>();

function messageWriter(message: string): Write {
  const known = writers.get(message);
  if (known !== undefined) return known;
  const write = composeWriter(message);
  writers.set(message, write);
  return write;
}

function composeWriter(message: string): Write {
  const places = placesOf(message);
  const fields = (places?.all ?? []).map((place) => ({ ...place, write: fieldWriter(place) }));
  const [only] = fields;
  if (places?.isList === true && only !== undefined) return only.write;
  return (writer, value) => {
    const object = value as Readonly<Record<string, Json | undefined>>;
    for (const { name, shape, write } of fields) {
      // Its fields lie in the object itself.
      const member = shape === 'inline' ? value : object[name];
      if (member !== undefined && member !== null) write(writer, member);
    }
  };
}

function fieldWriter({ number, type, shape }: FieldPlace): Write {
  const write = valueWriter(number, type);
  switch (shape) {
    case 'one':
    case 'inline':
      return write;
    case 'list':
    case 'items':
      return (writer, value) => {
        for (const item of value as Json[]) write(writer, item);
      };
    case 'map':
      return mapWriter(tagOf(number, BYTES), valueWriter(2, type));
  }
}

/** Each entry is a message of its own: key 1, value 2. */
function mapWriter(tag: number, write: Write): Write {
  return (writer, value) => {
    const map = value as Readonly<Record<string, Json>>;
    for (const key of Object.keys(map)) {
      writer.uint32(tag).fork().uint32(0x0a).string(key);
      write(writer, map[key] ?? '');
      writer.ldelim();
    }
  };
}

function tagOf(number: number, wire: number): number {
  return number * 8 + wire;
}

function valueWriter(number: number, type: string): Write {
  const numeric = tagOf(number, 0);
  const tag = tagOf(number, BYTES);
  switch (type) {
    case 'string':
      return (writer, value) => void writer.uint32(tag).string(value as string);
    case 'bytes':
      return (writer, value) => void writer.uint32(tag).bytes(Buffer.from(value as string, 'base64'));
    case 'bool':
      return (writer, value) => void writer.uint32(numeric).bool(value as boolean);
    case 'int32':
      return (writer, value) => void writer.uint32(numeric).int32(value as number);
    case 'int64':
      return (writer, value) => void writer.uint32(numeric).int64(value as number);
    default: {
      // Types may hold themselves: found when it is first written.
      const inner: Write = isSpecialMessage(type)
        ? (writer, value) => writeSpecial(writer, type, value)
        : (writer, value) => messageWriter(type)(writer, value);
      return (writer, value) => {
        inner(writer.uint32(tag).fork(), value);
        writer.ldelim();
      };
    }
  }
}
