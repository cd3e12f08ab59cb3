// Messages whose JSON is not an object of their fields: times, quantities, numbers that may be strings, raw JSON.
import type protobuf from 'protobufjs/minimal.js';
import type { Json } from '../json.ts';

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
const TIME = `${META}.Time`;
const MICRO_TIME = `${META}.MicroTime`;
export const QUANTITY = 'k8s.io.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'k8s.io.apimachinery.pkg.util.intstr.IntOrString';
const FIELDS = `${META}.FieldsV1`;
const RAW = 'k8s.io.apimachinery.pkg.runtime.RawExtension';

const SPECIAL = new Set([TIME, MICRO_TIME, QUANTITY, INT_OR_STRING, FIELDS, RAW]);

export function isSpecialMessage(message: string): boolean {
  return SPECIAL.has(message);
}

/** A special message's fields by number, as read: numbers, and the bytes of the rest. */
export type RawFields = ReadonlyMap<number, number | Uint8Array>;

/** The JSON of a special message; undefined for "not set". Throws SyntaxError for raw fields that are not JSON. */
export function specialToJson(message: string, fields: RawFields): Json | undefined {
  switch (message) {
    case TIME:
      return timeToJson(fields, 0);
    case MICRO_TIME:
      return timeToJson(fields, 6);
    case INT_OR_STRING:
      return numberAt(fields, 1) === 1 ? (textAt(fields, 3) ?? '') : (numberAt(fields, 2) ?? 0);
    case QUANTITY:
      return textAt(fields, 1) || '0';
    default: {
      const text = textAt(fields, 1);
      return text === undefined || text === '' ? undefined : (JSON.parse(text) as Json);
    }
  }
}

/** Tags of fields 1 to 3: a number, or bytes. */
const NUMBER_1 = 0x08;
const NUMBER_2 = 0x10;
const BYTES_1 = 0x0a;
const BYTES_3 = 0x1a;

/** Writes the fields of a special message, the way Go does: numbers also when they are zero. */
export function writeSpecial(writer: protobuf.Writer, message: string, value: Json): void {
  switch (message) {
    case TIME:
      writeTime(writer, String(value), 0);
      return;
    case MICRO_TIME:
      writeTime(writer, String(value), 6);
      return;
    case INT_OR_STRING: {
      const isText = typeof value === 'string';
      writer.uint32(NUMBER_1).int64(isText ? 1 : 0);
      writer.uint32(NUMBER_2).int32(isText ? 0 : Number(value));
      writer.uint32(BYTES_3).string(isText ? value : '');
      return;
    }
    case QUANTITY:
      writer.uint32(BYTES_1).string(String(value));
      return;
    default:
      writer.uint32(BYTES_1).string(JSON.stringify(value));
  }
}

function writeTime(writer: protobuf.Writer, text: string, digits: 0 | 6): void {
  const dot = text.indexOf('.');
  const seconds = Date.parse(dot < 0 ? text : `${text.slice(0, dot)}Z`) / 1000;
  if (Number.isNaN(seconds)) return;
  const micros =
    dot < 0 || digits === 0
      ? 0
      : Number(
          text
            .slice(dot + 1, -1)
            .padEnd(digits, '0')
            .slice(0, digits),
        );
  writer.uint32(NUMBER_1).int64(seconds);
  writer.uint32(NUMBER_2).int32(micros * 1000);
}

/** Go's zero time is written as no fields at all. */
function timeToJson(fields: RawFields, digits: 0 | 6): string | undefined {
  const seconds = numberAt(fields, 1);
  if (seconds === undefined) return undefined;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new SyntaxError(`a time of ${seconds} seconds cannot be`);
  const whole = date.toISOString().slice(0, 19);
  if (digits === 0) return `${whole}Z`;
  const micros = Math.floor((numberAt(fields, 2) ?? 0) / 1000);
  return `${whole}.${String(micros).padStart(6, '0')}Z`;
}

function numberAt(fields: RawFields, number: number): number | undefined {
  const value = fields.get(number);
  return typeof value === 'number' ? value : undefined;
}

function textAt(fields: RawFields, number: number): string | undefined {
  const value = fields.get(number);
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
}
