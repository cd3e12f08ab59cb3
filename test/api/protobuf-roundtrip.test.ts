// Every kind that is served, with every field of its schema, through protobuf and back: our own coder against itself, against
// protobufjs' reflection over the facts, and against what programs in Go send.
import { describe, expect, it } from 'vitest';
import {
  apiSchema,
  createGatedRegistry,
  encodeProtobuf,
  groupVersion,
  hasMessage,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../../src/api/index.ts';
import { decodeProtobuf } from '../../src/api/protobuf/decode.ts';
import { type FieldPlace, messageOf } from '../../src/api/protobuf/messages.ts';
import { placesOf } from '../../src/api/protobuf/places.ts';
import { typeNameOf } from '../../src/api/schema/type-names.ts';
import { prng } from '../../src/lib/index.ts';
import { type Generation, generateObject } from '../support/generated-object.ts';
import {
  asGoPrints,
  messageIn,
  readReflected,
  sentByGo,
  toMessage,
  writeReflected,
} from '../support/protobuf-reflection.ts';

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly type: string;
  readonly message: string;
}

// With the versions behind feature gates.
const registry = await createGatedRegistry({ AllAlpha: true, AllBeta: true });
const schema = apiSchema();

/** Resources and what their subresources speak, where the facts have messages of them. */
const KINDS: readonly Kind[] = [
  ...new Map(
    registry
      .all()
      .flatMap((one) => [one, ...one.subresources])
      .map(({ group, version, kind }) => {
        const apiVersion = groupVersion(group, version);
        return { apiVersion, kind, type: typeNameOf(group, version, kind), message: messageOf(apiVersion, kind) };
      })
      .concat(['Status', 'DeleteOptions'].map((kind) => metaKind(kind)))
      .filter(({ apiVersion, kind, type }) => hasMessage(apiVersion, kind) && schema.type(type) !== undefined)
      .map((one) => [one.message, one]),
  ).values(),
];

function metaKind(kind: string): Kind {
  const type = `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`;
  return { apiVersion: 'v1', kind, type, message: messageOf('v1', kind) };
}

function generated({ apiVersion, kind, type }: Kind, seed: number, more: Partial<Generation> = {}): JsonObject {
  const object = generateObject(type, { schema, random: prng(seed), percent: 100, ...more });
  return withoutNestedKinds(messageOf(apiVersion, kind), { ...object, apiVersion, kind });
}

/** Messages do not say which kind they are of, the outermost in its envelope apart; and an empty list is none: required ones are read as empty. */
function withoutNestedKinds(message: string, object: JsonObject): JsonObject {
  const { apiVersion, kind, ...rest } = object;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    ...pruned(message, rest),
  };
}

function pruned(message: string, object: JsonObject): JsonObject {
  const result: JsonObject = {};
  const known = new Map<string, FieldPlace>();
  const add = (name: string): void => {
    for (const place of placesOf(name)?.all ?? [])
      if (place.shape === 'inline') add(place.type);
      else known.set(place.name, place);
  };
  add(message);
  for (const { name, shape, keepsZero } of known.values())
    if (keepsZero && (shape === 'list' || shape === 'map')) result[name] = shape === 'list' ? [] : {};
  for (const [name, value] of Object.entries(object)) {
    const place = known.get(name);
    if (place === undefined) continue;
    result[name] = prunedValue(place, value);
  }
  return result;
}

function prunedValue({ type, shape }: { type: string; shape: string }, value: Json): Json {
  if (placesOf(type) === undefined || placesOf(type)?.isList === true) return value;
  if (Array.isArray(value)) return value.map((one) => pruned(type, one as JsonObject));
  if (shape !== 'map') return pruned(type, value as JsonObject);
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, one]) => [key, pruned(type, one as JsonObject)]),
  );
}

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('every field of the schema', () => {
  it('has a place in the message of its kind, except the kind itself', () => {
    const lost: string[] = [];
    const seen = new Set<string>();
    const look = (message: string): void => {
      if (seen.has(message)) return;
      seen.add(message);
      const type = schema.type(message.replace('k8s.io.', 'io.k8s.'));
      const places: string[] = [];
      const collect = (name: string): void => {
        for (const place of placesOf(name)?.all ?? []) {
          if (place.shape === 'inline') collect(place.type);
          else places.push(place.name);
          look(place.type);
        }
      };
      collect(message);
      for (const field of type?.fields.keys() ?? [])
        if (!places.includes(field) && field !== 'apiVersion' && field !== 'kind') lost.push(`${message}.${field}`);
    };
    for (const { message } of KINDS) look(message);
    expect(lost).toEqual([]);
    expect(KINDS.length).toBeGreaterThanOrEqual(25);
  });
});

describe.each(KINDS)('a $kind of $apiVersion', (kind) => {
  it('is the same after a way through protobuf, whichever fields it has', () => {
    for (const seed of SEEDS) {
      const object = generated(kind, seed, { percent: seed === 1 ? 100 : 50 });
      expect(decodeProtobuf(encodeProtobuf(object as KubeObject))).toEqual(object);
    }
  });

  it('is written as protobufjs writes it from the facts', () => {
    for (const seed of SEEDS) {
      const object = generated(kind, seed, { percent: seed === 1 ? 100 : 50 });
      const ours = readReflected(kind.message, messageIn(encodeProtobuf(object as KubeObject)));
      const theirs = readReflected(kind.message, writeReflected(kind.message, toMessage(kind.message, object, false)));
      expect(ours).toEqual(theirs);
    }
  });

  it('is read from what Go sends as Go prints it, also where it is zero or not there', () => {
    const zero = generated(kind, 1, { zero: true });
    for (const object of [zero, ...SEEDS.map((seed) => generated(kind, seed, { percent: 40 }))]) {
      const sent = sentByGo(object as KubeObject);
      const { apiVersion, kind: name, ...rest } = decodeProtobuf(sent);
      expect([apiVersion, name]).toEqual([kind.apiVersion, kind.kind]);
      expect(rest).toEqual(asGoPrints(kind.message, object));
    }
  });
});
