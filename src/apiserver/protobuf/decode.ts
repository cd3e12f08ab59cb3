// Request bodies of application/vnd.kubernetes.protobuf to the JSON trees that everything else works on: kubectl (from
// 1.31) and controller-runtime send built-in kinds in this form. Field numbers come from facts/protobuf.json.
//
// Go writes fields that are no pointers even when they are empty, and JSON leaves those out; which are pointers the wire
// does not tell. So empty values are dropped, but for the fields where nothing and zero mean different things.
import { apiSchema, badRequestError, type Json, type JsonObject } from '../../api/index.ts';
import { NESTING_LIMIT, rfc3339, rfc3339Micro } from '../../lib/index.ts';
import facts from '../facts/protobuf.json' with { type: 'json' };
import { ProtobufError, readFields } from './reader.ts';

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

type FieldFact = readonly [number: number, type: string, repeated?: string];
type MessageFact = Readonly<Record<string, FieldFact>>;
const MESSAGES = facts.types as unknown as Readonly<Record<string, MessageFact>>;

/** "k8s" and a zero: what precedes every Kubernetes message. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
const UNKNOWN = 'k8s.io.apimachinery.pkg.runtime.Unknown';

/** Pointers in Go: zero, false and '' are values there, and are kept. */
const KEEPS_EMPTY = new Set([
  'activeDeadlineSeconds',
  'allocateLoadBalancerNodePorts',
  'allowPrivilegeEscalation',
  'automountServiceAccountToken',
  'backoffLimit',
  'blockOwnerDeletion',
  'completions',
  'controller',
  'defaultMode',
  'enableServiceLinks',
  'expirationSeconds',
  'fsGroup',
  'gracePeriodSeconds',
  'hostUsers',
  'immutable',
  'leaseTransitions',
  'maxSurge',
  'maxUnavailable',
  'minAvailable',
  'mode',
  'optional',
  'orphanDependents',
  'parallelism',
  'partition',
  'preemptionPolicy',
  'priority',
  'privileged',
  'progressDeadlineSeconds',
  'readOnlyRootFilesystem',
  'ready',
  'replicas',
  'revisionHistoryLimit',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'serving',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'storageClassName',
  'suspend',
  'terminating',
  'terminationGracePeriodSeconds',
  'tolerationSeconds',
  'ttlSecondsAfterFinished',
]);

export interface DecodedProtobuf {
  readonly value: JsonObject;
}

/**
 * The JSON tree of a body that holds the type `schemaName` (io.k8s.api.core.v1.Pod), with the kind and apiVersion that
 * the body names. Throws ApiError 400.
 */
export function decodeProtobuf(bytes: Uint8Array, schemaName: string): DecodedProtobuf {
  if (MAGIC.some((byte, at) => bytes[at] !== byte))
    throw badRequestError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const message = messageName(schemaName);
  try {
    const envelope = decodeEnvelope(bytes.subarray(MAGIC.length));
    return { value: { ...envelope.type, ...decodeMessage(message, envelope.raw, 0) } };
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequestError(`the protobuf body cannot be read: ${error.message}`);
    throw error;
  }
}

/** io.k8s.api.core.v1.Pod → k8s.io.api.core.v1.Pod. */
function messageName(schemaName: string): string {
  const name = schemaName.replace(/^io\.k8s\./, 'k8s.io.');
  if (MESSAGES[name] === undefined) throw badRequestError(`the type ${schemaName} has no protobuf form`);
  return name;
}

function schemaNameOf(message: string): string {
  return message.replace(/^k8s\.io\./, 'io.k8s.');
}

/** runtime.Unknown: the kind, and the object's own message. */
function decodeEnvelope(bytes: Uint8Array): { type: JsonObject; raw: Uint8Array } {
  let type: JsonObject = {};
  let raw: Uint8Array = new Uint8Array(0);
  const { typeMeta = [0, ''], raw: rawFact = [0, ''] } = MESSAGES[UNKNOWN] ?? {};
  for (const { number, value } of readFields(bytes)) {
    if (typeof value === 'number') continue;
    if (number === typeMeta[0]) type = decodeMessage('k8s.io.apimachinery.pkg.runtime.TypeMeta', value, 0);
    if (number === rawFact[0]) raw = value;
  }
  return { type, raw };
}

interface NumberedField {
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
  /** Go embeds it: its fields are the outer object's. */
  readonly inlined: boolean;
}

const numbered = new Map<string, ReadonlyMap<number, NumberedField>>();

function fieldsOf(message: string): ReadonlyMap<number, NumberedField> {
  const known = numbered.get(message);
  if (known !== undefined) return known;
  const schema = apiSchema().type(schemaNameOf(message));
  const fields = new Map<number, NumberedField>();
  for (const [name, [number, type, repeated]] of Object.entries(MESSAGES[message] ?? {})) {
    const inlined = schema !== undefined && !schema.fields.has(name) && MESSAGES[type] !== undefined;
    fields.set(number, { name, type, repeated: repeated !== undefined, inlined });
  }
  numbered.set(message, fields);
  return fields;
}

function decodeMessage(message: string, bytes: Uint8Array, depth: number): JsonObject {
  if (depth > NESTING_LIMIT) throw new ProtobufError(`it nests deeper than ${NESTING_LIMIT} levels`);
  const fields = fieldsOf(message);
  const result: JsonObject = {};
  for (const wire of readFields(bytes)) {
    const field = fields.get(wire.number);
    // Fields that are newer than the facts are unknown fields, which this form drops without a word.
    if (field === undefined) continue;
    if (field.type.startsWith('map<')) {
      addEntry(result, field, message, wire.value, depth);
      continue;
    }
    const value = decodeValue(field.type, wire.value, depth);
    if (field.inlined) Object.assign(result, value);
    else if (field.repeated) addItem(result, field, value, wire.value);
    else if (value !== undefined && (!isEmpty(value) || KEEPS_EMPTY.has(field.name))) result[field.name] = value;
  }
  return result;
}

function isEmpty(value: Json): boolean {
  return value === '' || value === 0 || value === false;
}

function addItem(
  result: JsonObject,
  { name, type }: NumberedField,
  value: Json | undefined,
  wire: number | Uint8Array,
): void {
  const list = result[name];
  const items = Array.isArray(list) ? list : [];
  result[name] = items;
  const isNumber = type.startsWith('int') || type === 'bool';
  // Numbers may come packed; everything else is one item.
  if (isNumber && typeof wire !== 'number') {
    for (const packed of unpack(wire)) items.push(packed);
  } else {
    items.push(value ?? null);
  }
}

/** Packed varints have the form of fields without tags. */
function unpack(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    numbers.push(Number(BigInt.asIntN(64, value)));
    value = 0n;
    shift = 0n;
  }
  return numbers;
}

/** A map is a list of messages with a key (1) and a value (2). */
function addEntry(
  result: JsonObject,
  field: NumberedField,
  message: string,
  wire: number | Uint8Array,
  depth: number,
): void {
  if (typeof wire === 'number') throw new ProtobufError(`the map ${field.name} is a number`);
  const type = mapValueType(field.type, message);
  let key = '';
  let value: Json = isScalarType(type) ? (type === 'string' || type === 'bytes' ? '' : 0) : {};
  for (const part of readFields(wire)) {
    if (part.number === 1 && typeof part.value !== 'number') key = text(part.value);
    if (part.number === 2) value = decodeValue(type, part.value, depth) ?? value;
  }
  const map = result[field.name];
  const entries: JsonObject = typeof map === 'object' && map !== null && !Array.isArray(map) ? map : {};
  if (key !== '__proto__') entries[key] = value;
  result[field.name] = entries;
}

/** `map<string,.k8s.io.….Quantity>`; a bare name is of the message's own package. */
function mapValueType(type: string, message: string): string {
  const value = type.slice(type.indexOf(',') + 1, -1).replace(/^\./, '');
  if (isScalarType(value) || value.includes('.')) return value;
  return `${message.slice(0, message.lastIndexOf('.'))}.${value}`;
}

function isScalarType(type: string): boolean {
  return type === 'string' || type === 'bytes' || type === 'bool' || type.startsWith('int');
}

/** Undefined for what JSON leaves out (a zero time). */
function decodeValue(type: string, wire: number | Uint8Array, depth: number): Json | undefined {
  switch (type) {
    case 'bool':
      return wire !== 0;
    case 'int32':
    case 'int64':
      return typeof wire === 'number' ? wire : 0;
    case 'double':
      return typeof wire === 'number'
        ? wire
        : new DataView(wire.buffer, wire.byteOffset, wire.byteLength).getFloat64(0, true);
    default:
  }
  if (typeof wire === 'number') throw new ProtobufError(`a ${type} is a number`);
  switch (type) {
    case 'string':
      return text(wire);
    case 'bytes':
      return Buffer.from(wire).toString('base64');
    case `${META}.Time`:
      return time(wire, rfc3339);
    case `${META}.MicroTime`:
      return time(wire, rfc3339Micro);
    case 'k8s.io.apimachinery.pkg.util.intstr.IntOrString':
      return intOrString(wire);
    case 'k8s.io.apimachinery.pkg.api.resource.Quantity':
      return String(decodeMessage(type, wire, depth + 1)['string'] ?? '0');
    case `${META}.FieldsV1`:
    case 'k8s.io.apimachinery.pkg.runtime.RawExtension':
      return rawJson(wire);
    default:
      return structure(type, wire, depth);
  }
}

/** A message; those that only wrap a list (Verbs, ExtraValue) are lists in JSON. */
function structure(type: string, wire: Uint8Array, depth: number): Json {
  const names = Object.keys(MESSAGES[type] ?? {});
  const value = decodeMessage(type, wire, depth + 1);
  return names.length === 1 && names[0] === 'items' ? (value['items'] ?? []) : value;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function time(bytes: Uint8Array, format: (epochMs: number) => string): string | undefined {
  let ms = 0;
  let some = false;
  for (const { number, value } of readFields(bytes)) {
    if (typeof value !== 'number') continue;
    some = true;
    ms += number === 1 ? value * 1000 : Math.floor(value / 1_000_000);
  }
  const inRange = Math.abs(ms) < 8.64e15;
  return some && inRange ? format(ms) : undefined;
}

function intOrString(bytes: Uint8Array): Json {
  let kind = 0;
  let number = 0;
  let string = '';
  for (const field of readFields(bytes)) {
    if (field.number === 1 && typeof field.value === 'number') kind = field.value;
    if (field.number === 2 && typeof field.value === 'number') number = field.value;
    if (field.number === 3 && typeof field.value !== 'number') string = text(field.value);
  }
  return kind === 0 ? number : string;
}

/** Raw bytes that are JSON themselves; anything else is left out. */
function rawJson(bytes: Uint8Array): Json | undefined {
  for (const { number, value } of readFields(bytes)) {
    if (number !== 1 || typeof value === 'number') continue;
    try {
      return JSON.parse(text(value)) as Json;
    } catch {
      return undefined;
    }
  }
  return undefined;
}
