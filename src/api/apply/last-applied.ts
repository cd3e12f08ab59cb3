// The way from client-side apply: `kubectl apply` without --server-side keeps its configuration in an annotation. What is
// as that says was kubectl's own, so that its server-side apply takes it without a conflict; and the annotation is kept up
// to date, so that a client-side apply finds its way back.
import { canonicalText, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { compareObjects } from './compare.ts';
import { type FieldSet, subtract } from './field-set.ts';
import type { StructType } from './merge-types.ts';
import { ownedFields } from './owned-fields.ts';

/** The field manager of `kubectl apply`: others do without any of this. */
export const KUBECTL = 'kubectl';
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** What the annotations of an object may add up to (validation refuses more). */
const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;

/** What the annotation says, in so far as the live object still has it; undefined without a usable annotation. */
export function fieldsLastApplied(type: StructType, live: JsonObject, apiVersion: string): FieldSet | undefined {
  const configuration = decoded(annotationsOf(live)?.[LAST_APPLIED]);
  if (configuration === undefined || configuration['apiVersion'] !== apiVersion) return undefined;
  let fields = ownedFields(type, configuration);
  const { changed, removed } = compareObjects(type, configuration, live);
  if (fields !== undefined && changed !== undefined) fields = subtract(fields, changed);
  if (fields !== undefined && removed !== undefined) fields = subtract(fields, removed);
  return fields;
}

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = object['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  return isJsonObject(annotations) ? annotations : undefined;
}

function decoded(text: Json | undefined): JsonObject | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Anybody can write anything there: it only means that kubectl owned nothing.
    return undefined;
  }
}

/** Writes the configuration into the annotation of `object`, in place, where it has one. */
export function renewLastApplied(object: JsonObject, configuration: JsonObject): void {
  const annotations = annotationsOf(object);
  const present = annotations?.[LAST_APPLIED];
  if (annotations === undefined || typeof present !== 'string' || present === '') return;
  annotations[LAST_APPLIED] = encoded(configuration);
  const bytes = Object.entries(annotations).reduce((sum, [key, value]) => sum + sizeOf(key) + sizeOf(value), 0);
  if (bytes > ANNOTATIONS_LIMIT_BYTES) delete annotations[LAST_APPLIED];
}

function sizeOf(value: Json): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 0;
}

function encoded(configuration: JsonObject): string {
  const metadata = configuration['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  if (!isJsonObject(metadata) || !isJsonObject(annotations)) return `${escaped(canonicalText(configuration))}\n`;
  const { [LAST_APPLIED]: _annotation, ...others } = annotations;
  return `${escaped(canonicalText({ ...configuration, metadata: { ...metadata, annotations: others } }))}\n`;
}

/** As Go's encoder writes JSON. */
function escaped(json: string): string {
  return json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
