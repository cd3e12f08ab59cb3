// Kubernetes' messages as protobufjs itself reads and writes them, from the facts alone, and the way from JSON to them as
// Kubernetes' Go programs have it: what our own coder is held against.
import protobuf from 'protobufjs';
import presence from '../../src/api/facts/presence.json' with { type: 'json' };
import facts from '../../src/api/facts/protobuf.json' with { type: 'json' };
import requiredFields from '../../src/api/facts/required.json' with { type: 'json' };
import { apiSchema, isJsonObject, type Json, type JsonObject, type KubeObject } from '../../src/api/index.ts';
import { messageOf } from '../../src/api/protobuf/messages.ts';

type Fact = readonly [number: number, type: string, repeated?: string];
type Fields = Readonly<Record<string, Fact>>;
type Names = readonly string[];

const KNOWN = facts.types as unknown as Readonly<Record<string, Fields>>;
const ADDED = presence.fields as unknown as Readonly<Record<string, Fields>>;
const PRESENCE = presence.types as Readonly<
  Record<string, { pointers?: Names; printed?: Names; embedded?: Names; inline?: Names }>
>;
const REQUIRED = requiredFields.types as Readonly<Record<string, Names>>;

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
const TIME = `${META}.Time`;
const MICRO_TIME = `${META}.MicroTime`;
const QUANTITY = 'k8s.io.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'k8s.io.apimachinery.pkg.util.intstr.IntOrString';
const FIELDS = `${META}.FieldsV1`;
const RAW = 'k8s.io.apimachinery.pkg.runtime.RawExtension';
const SPECIAL: Names = [TIME, MICRO_TIME, QUANTITY, INT_OR_STRING, FIELDS, RAW];
const ZEROES: Readonly<Record<string, Json>> = { string: '', bool: false, int32: 0, int64: 0 };

const root = makeRoot();

export function reflectedType(message: string): protobuf.Type {
  return root.lookupType(message);
}

/** A message's fields as plain values, in a form that can be compared. */
export function readReflected(message: string, bytes: Uint8Array): object {
  const type = reflectedType(message);
  return type.toObject(type.decode(bytes), { longs: String, bytes: String });
}

export function writeReflected(message: string, value: object): Uint8Array {
  return reflectedType(message).encode(value).finish();
}

const UNKNOWN = 'k8s.io.apimachinery.pkg.runtime.Unknown';

/** An object as a program in Go sends it. */
export function sentByGo(object: KubeObject): Uint8Array {
  const { apiVersion = '', kind = '' } = object;
  return envelopedMessage(apiVersion, kind, toMessage(messageOf(apiVersion, kind), object as JsonObject, true));
}

/** A body of a message's fields. */
export function envelopedMessage(apiVersion: string, kind: string, fields: object): Uint8Array {
  const raw = writeReflected(messageOf(apiVersion, kind), fields);
  return Buffer.concat([Buffer.from('k8s\0'), writeReflected(UNKNOWN, { typeMeta: { apiVersion, kind }, raw })]);
}

/** What an answer's envelope holds: the bytes of the kind's message. */
export function messageIn(answer: Uint8Array): Uint8Array {
  const { raw } = readReflected(UNKNOWN, answer.subarray(4)) as { raw?: string };
  return Buffer.from(raw ?? '', 'base64');
}

function fieldsOf(message: string): Fields {
  return { ...KNOWN[message], ...ADDED[message] };
}

function isMessage(name: string): boolean {
  return KNOWN[name] !== undefined || ADDED[name] !== undefined;
}

interface Place {
  readonly map: boolean;
  readonly repeated: boolean;
  readonly type: string;
  /** Its name in JSON; undefined: its fields lie flat in the outer object, or it is not of this version. */
  readonly json: string | undefined;
}

function placeOf(message: string, name: string, [, factType, repeated]: Fact): Place {
  const map = /^map<string,\.?(.+)>$/.exec(factType);
  const named = map?.[1] ?? factType;
  const beside = `${message.slice(0, message.lastIndexOf('.'))}.${named}`;
  const type = !isMessage(named) && isMessage(beside) ? beside : named;
  const fields = apiSchema().type(typeOf(message))?.fields;
  const json = fields === undefined ? name : [...fields.keys()].find((one) => one.toLowerCase() === name.toLowerCase());
  return { map: map !== null, repeated: repeated !== undefined, type, json };
}

function typeOf(message: string): string {
  return message.replace('k8s.io.', 'io.k8s.');
}

/** `asGo`: what Go never leaves out is there, zero. */
export function toMessage(message: string, json: JsonObject, asGo: boolean): object {
  const value: Record<string, unknown> = {};
  const { pointers = [], embedded = [] } = PRESENCE[message] ?? {};
  for (const [name, fact] of Object.entries(fieldsOf(message))) {
    const place = placeOf(message, name, fact);
    if (place.json === undefined) {
      if (PRESENCE[message]?.inline?.includes(name) === true) value[name] = toMessage(place.type, json, asGo);
      continue;
    }
    const member = json[place.json];
    if (member !== undefined) value[name] = toField(place, member, asGo);
    else if (asGo && !place.map && !place.repeated) {
      if (ZEROES[place.type] !== undefined && !pointers.includes(name)) value[name] = ZEROES[place.type];
      if (embedded.includes(name)) value[name] = zeroMessage(place.type);
    }
  }
  return value;
}

function zeroMessage(type: string): object {
  if (type === INT_OR_STRING) return { type: 0, intVal: 0, strVal: '' };
  if (type === QUANTITY) return { string: '0' };
  return SPECIAL.includes(type) ? {} : toMessage(type, {}, true);
}

function toField({ map, repeated, type }: Place, member: Json, asGo: boolean): unknown {
  if (map && isJsonObject(member))
    return Object.fromEntries(Object.entries(member).map(([key, one]) => [key, toValue(type, one, asGo)]));
  if (repeated && Array.isArray(member)) return member.map((one) => toValue(type, one, asGo));
  return toValue(type, member, asGo);
}

function toValue(type: string, value: Json, asGo: boolean): unknown {
  switch (type) {
    case 'bytes':
      return Buffer.from(String(value), 'base64');
    case TIME:
    case MICRO_TIME: {
      const ms = Date.parse(String(value).replace(/\.\d+Z$/, 'Z'));
      return { seconds: ms / 1000, nanos: Number(/\.(\d{6})Z$/.exec(String(value))?.[1] ?? '0') * 1000 };
    }
    case QUANTITY:
      return { string: value };
    case INT_OR_STRING:
      return typeof value === 'string' ? { type: 1, intVal: 0, strVal: value } : { type: 0, intVal: value, strVal: '' };
    case FIELDS:
      return { Raw: Buffer.from(JSON.stringify(value)) };
    case RAW:
      return { raw: Buffer.from(JSON.stringify(value)) };
    default:
      if (!isMessage(type)) return value;
      return Array.isArray(value) ? { items: value } : toMessage(type, value as JsonObject, asGo);
  }
}

/** What Go's encoder of JSON prints of the same: no zeroes that mean "not set", and every embedded struct. */
export function asGoPrints(message: string, json: JsonObject): JsonObject {
  const printed: JsonObject = {};
  for (const [name, fact] of Object.entries(fieldsOf(message))) {
    const place = placeOf(message, name, fact);
    if (place.json === undefined) {
      if (PRESENCE[message]?.inline?.includes(name) === true) Object.assign(printed, asGoPrints(place.type, json));
      continue;
    }
    const value = printedField(message, name, place, json[place.json]);
    if (value !== undefined) printed[place.json] = value;
  }
  return printed;
}

function printedField(message: string, name: string, place: Place, value: Json | undefined): Json | undefined {
  const { map, repeated, type } = place;
  const { pointers = [], printed = [], embedded = [] } = PRESENCE[message] ?? {};
  const required = REQUIRED[typeOf(message)]?.includes(place.json ?? name) === true;
  if (map || repeated) {
    if (value !== undefined) return printedItems(place, value);
    // Go prints null, which is read as empty.
    return required ? (map ? {} : []) : undefined;
  }
  if (isMessage(type)) {
    if (value !== undefined) return printedValue(type, value);
    if (!embedded.includes(name)) return undefined;
    if (type === INT_OR_STRING) return 0;
    if (type === QUANTITY) return '0';
    // Times and raw JSON that are not set are null.
    return SPECIAL.includes(type) ? undefined : asGoPrints(type, {});
  }
  if (pointers.includes(name)) return value;
  const isPrinted = printed.includes(name) || required;
  const zero = ZEROES[type] ?? '';
  if (isPrinted) return value ?? (type === 'bytes' ? undefined : zero);
  return value === zero ? undefined : value;
}

function printedItems({ map, type }: Place, value: Json): Json {
  if (map && isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, printedValue(type, one)]));
  return Array.isArray(value) ? value.map((one) => printedValue(type, one)) : value;
}

function printedValue(type: string, value: Json): Json {
  const isPlain = !isMessage(type) || SPECIAL.includes(type) || Array.isArray(value);
  return isPlain ? value : asGoPrints(type, value as JsonObject);
}

function makeRoot(): protobuf.Root {
  const nested: Record<string, unknown> = {};
  for (const message of new Set([...Object.keys(KNOWN), ...Object.keys(ADDED)])) {
    const parts = message.split('.');
    let space = nested;
    for (const part of parts.slice(0, -1)) {
      space[part] ??= { nested: {} };
      const inner = space[part] as { nested: Record<string, unknown> };
      space = inner.nested;
    }
    const fields = Object.entries(fieldsOf(message)).map(([name, fact]) => {
      const { map, repeated, type } = placeOf(message, name, fact);
      const named = isMessage(type) ? `.${type}` : type;
      return [
        name,
        { id: fact[0], type: named, ...(map ? { keyType: 'string' } : repeated ? { rule: 'repeated' } : {}) },
      ];
    });
    space[parts.at(-1) ?? ''] = { fields: Object.fromEntries(fields) };
  }
  return protobuf.Root.fromJSON({ nested } as protobuf.INamespace);
}
