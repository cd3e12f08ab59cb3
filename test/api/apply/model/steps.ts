// Sequences of writes by four managers: applies, forced applies, replacements, edits and deletions of single fields, and writes of the
// status. A step is plain JSON, so that a shrunk counterexample can be read, and typed in again.
import fc from 'fast-check';
import { type ApiSchema, applyPatch, isJsonObject, type Json, type JsonObject } from '../../../../src/api/index.ts';
import { type BodyOptions, bodyOf } from './bodies.ts';
import { itemKind, type Kind, memberKind, rootKind } from './kinds.ts';
import type { Trial } from './subjects.ts';

export type Act =
  | 'apply'
  | 'force'
  | 'replace'
  /** A merge patch. */
  | 'edit'
  /** A field or item less. */
  | 'drop'
  | 'report'
  | 'applyStatus'
  /** A replacement that resets managedFields. */
  | 'forget';

export interface Step {
  readonly by: string;
  readonly act: Act;
  readonly body: JsonObject;
  /** Which field a drop takes; how a replacement treats managedFields. */
  readonly pick: number;
}

const MANAGERS = ['a', 'b', 'c', 'd'];
const WEIGHTS: Readonly<Record<Act, number>> = {
  apply: 6,
  force: 4,
  replace: 2,
  edit: 3,
  drop: 2,
  report: 1,
  applyStatus: 1,
  forget: 0.3,
};

export function sequences(trial: Trial): fc.Arbitrary<Step[]> {
  const options: BodyOptions = { schema: trial.schema, chosen: trial.chosen, repeats: false };
  const bodies = {
    configuration: bodyOf(options, trial.typeName),
    stored: bodyOf({ ...options, repeats: true }, trial.typeName),
    status: trial.hasStatus ? bodyOf({ ...options, chosen: withStatus(trial) }, trial.typeName) : fc.constant({}),
  };
  const of = (act: Act): fc.Arbitrary<JsonObject> => {
    if (act === 'apply' || act === 'force') return bodies.configuration;
    if (act === 'report' || act === 'applyStatus') return bodies.status;
    return act === 'drop' ? fc.constant({}) : bodies.stored;
  };
  const acts = (Object.keys(WEIGHTS) as Act[]).filter(
    (act) => trial.hasStatus || (act !== 'report' && act !== 'applyStatus'),
  );
  const step = (act: Act): fc.Arbitrary<Step> =>
    fc.record({ by: fc.constantFrom(...MANAGERS), act: fc.constant(act), body: of(act), pick: fc.nat({ max: 30 }) });
  const steps = acts.map((act) => ({ weight: WEIGHTS[act] * 10, arbitrary: step(act) }));
  return fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 10 });
}

/** Bodies of the status: of the object itself only the labels, which some kinds let it change. */
function withStatus({ chosen, typeName }: Trial): BodyOptions['chosen'] {
  return { ...chosen, [typeName]: ['status!'] };
}

/** What a write that is no apply stores in place of `live`; undefined where there is nothing that it could change. */
export function bodyAfter(
  { act, body, pick }: Step,
  live: JsonObject | undefined,
  identity: JsonObject,
  trial: Trial,
): JsonObject | undefined {
  const whole = (object: JsonObject): JsonObject => ({
    ...object,
    ...identity,
    metadata: { ...(object['metadata'] as JsonObject | undefined), ...(identity['metadata'] as JsonObject) },
  });
  if (act === 'replace' || act === 'forget') {
    const status = live?.['status'];
    return whole({ ...body, ...(status === undefined ? {} : { status }) });
  }
  if (live === undefined) return undefined;
  if (act === 'report') return { ...live, ...(body['status'] === undefined ? {} : { status: body['status'] }) };
  if (act === 'edit')
    return whole(applyPatch(trial.schema, 'application/merge-patch+json', trial.typeName, live, body) as JsonObject);
  const places = placesIn(trial.schema, rootKind(trial.schema, trial.typeName), live);
  const place = places[pick % Math.max(1, places.length)];
  return place === undefined ? undefined : whole(dropped(live, place) as JsonObject);
}

type Place = readonly (string | number)[];

/** Where something can be left out: not the keys of an item, which no server would let go, nor what is not the spec's. */
function placesIn(schema: ApiSchema, kind: Kind, value: Json, above: Place = []): Place[] {
  if (Array.isArray(value)) {
    const item = itemKind(schema, kind);
    const keys = kind.is === 'keyed' ? kind.keys : [];
    return value.flatMap((member, index) => {
      const at = [...above, index];
      const inside = placesIn(schema, item, member, at).filter((place) => !keys.includes(String(place[at.length])));
      return [at, ...inside];
    });
  }
  if (!isJsonObject(value) || kind.is === 'leaf') return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (above.length === 0 && KEPT.includes(name)) return [];
    return [[...above, name], ...placesIn(schema, memberKind(schema, kind, name), member, [...above, name])];
  });
}
const KEPT = ['apiVersion', 'kind', 'status'];

function dropped(value: Json, [first, ...rest]: Place): Json {
  const isHere = rest.length === 0;
  if (Array.isArray(value))
    return value.flatMap((item, index) => (index !== first ? [item] : isHere ? [] : [dropped(item, rest)]));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]): [string, Json][] =>
    name !== first ? [[name, member]] : isHere ? [] : [[name, dropped(member, rest)]],
  );
  return Object.fromEntries(members);
}
