// What happens to an object between a request's bytes and the store, apart from admission and the store itself: decoding
// with field validation, names and namespaces, system fields, defaults, strategy, validation. Pure: time, uids and
// randomness come in as values. Every function throws ApiError with the Status that Kubernetes answers.
import { rfc3339 } from '../lib/index.ts';
import type { DecodedBody } from './decode.ts';
import type { FieldError, PartStrategy, ResourceDefinition, StrategyContext, UpdateContext } from './definition.ts';
import { cloneJson, equalButFor, isJsonObject, type Json, type JsonObject } from './json.ts';
import { STRICT_FINDINGS_LIMIT } from './limits.ts';
import { generateName } from './names.ts';
import type { KubeObject, ObjectMeta } from './object.ts';
import { groupVersion } from './registry.ts';
import { type ApiSchema, SchemaError } from './schema/index.ts';
import { type ApiError, badRequestError, conflictError, invalidError } from './status.ts';
import { validateMetadata, validateMetadataUpdate } from './validation/metadata.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** A kind as it may come in a body: a resource's, or what a subresource speaks. */
export interface BodyKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The public type name. */
  readonly schema: string;
}

export interface Admitted {
  readonly object: KubeObject;
  /** Texts of Warning headers. */
  readonly warnings: readonly string[];
}

/**
 * A tree as an object of the given kind: checked, pruned and with the type's defaults, but not validated. It is a decoded body, or
 * the result of a patch. Takes the tree over. `misfit` words the failure of a value that is none of its field's type.
 */
export function admitDecoded(
  schema: ApiSchema,
  kind: BodyKind,
  body: Pick<DecodedBody, 'value'> & Partial<DecodedBody>,
  fieldValidation: FieldValidation,
  misfit: (error: SchemaError) => ApiError = (error) => badRequestError(`${handledAs(kind)}: ${error.message}`),
): Admitted {
  const value = body.value;
  if (!isJsonObject(value)) {
    throw badRequestError(
      `couldn't get version/kind; json parse error: the body must be a JSON object of kind ${kind.kind}`,
    );
  }
  checkKind(value, kind);
  const problems = [
    ...(body.unsafeFields ?? []).map((field) => `unknown field ${JSON.stringify(field)}`),
    ...(body.duplicateFields ?? []).map((field) => `duplicate field ${JSON.stringify(field)}`),
    ...normalize(schema, kind, value, misfit).map((field) => `unknown field ${JSON.stringify(field)}`),
  ].slice(0, STRICT_FINDINGS_LIMIT);
  if (problems.length > 0 && fieldValidation === 'Strict') {
    throw badRequestError(`${handledAs(kind)}: strict decoding error: ${problems.join(', ')}`);
  }
  schema.applyDefaults(kind.schema, value);
  return { object: value as KubeObject, warnings: fieldValidation === 'Warn' ? problems : [] };
}

function handledAs(kind: BodyKind): string {
  return `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}`;
}

function checkKind(value: JsonObject, kind: BodyKind): void {
  const expected = groupVersion(kind.group, kind.version);
  if (value['kind'] === undefined || value['kind'] === '') value['kind'] = kind.kind;
  if (value['apiVersion'] === undefined || value['apiVersion'] === '') value['apiVersion'] = expected;
  if (value['apiVersion'] !== expected) {
    const found = String(value['apiVersion']);
    throw badRequestError(
      `the API version in the data (${found}) does not match the expected API version (${expected})`,
    );
  }
  if (value['kind'] !== kind.kind) {
    const found = String(value['kind']);
    throw badRequestError(
      `${found} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: the kinds differ`,
    );
  }
}

function normalize(
  schema: ApiSchema,
  kind: BodyKind,
  value: JsonObject,
  misfit: (error: SchemaError) => ApiError,
): readonly string[] {
  try {
    return schema.normalize(kind.schema, value);
  } catch (error) {
    if (error instanceof SchemaError) throw misfit(error);
    throw error;
  }
}

/** Gives a body the namespace and name of its URL, or refuses it when they differ. `name` is '' for collections. */
export function reconcileNames(
  definition: ResourceDefinition,
  object: KubeObject,
  namespace: string,
  name: string,
): void {
  const metadata: ObjectMeta = object.metadata ?? {};
  object.metadata = metadata;
  if (definition.namespaced) {
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequestError('the namespace of the provided object does not match the namespace sent on the request');
    }
    metadata.namespace = namespace;
  } else {
    delete metadata.namespace;
  }
  if (name === '') return;
  if (!metadata.name) {
    throw badRequestError(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequestError(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

export interface CreateContext extends StrategyContext {
  readonly uid: string;
}

/**
 * Makes a decoded object ready to be stored for the first time: system fields, generated name, strategy, defaults.
 * Admission comes after, then validateCreate.
 */
export function prepareCreate(
  schema: ApiSchema,
  definition: ResourceDefinition,
  object: KubeObject,
  context: CreateContext,
): void {
  const metadata: ObjectMeta = object.metadata ?? {};
  object.metadata = metadata;
  delete metadata.selfLink;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.resourceVersion;
  delete metadata.generation;
  metadata.uid = context.uid;
  metadata.creationTimestamp = rfc3339(context.nowMs);
  if (definition.strategy.hasGeneration) metadata.generation = 1;
  if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName, context.random);
  definition.strategy.prepareForCreate?.(object, context);
  applyDefaults(schema, definition, object);
}

/** The type's defaults and the strategy's. Run it again after admission has changed the object. */
export function applyDefaults(schema: ApiSchema, definition: ResourceDefinition, object: KubeObject): void {
  schema.applyDefaults(definition.schema, asJson(object));
  definition.strategy.applyDefaults?.(object, schema);
}

/** Throws 422 with every finding. */
export function validateCreate(schema: ApiSchema, definition: ResourceDefinition, object: KubeObject): void {
  throwIfAny(definition, object, [
    ...validateMetadata(object.metadata ?? {}, definition),
    ...findings(schema, definition, object),
    ...(definition.strategy.validateCreate?.(object) ?? []),
  ]);
}

/**
 * Makes `object` the next version of `old` (a main-resource PUT or PATCH): carries over what clients may not change and
 * raises the generation when the strategy says so. Refuses another uid with 409, and a resourceVersion that is missing
 * where the kind demands one with 422. Comparing the resourceVersion itself is the caller's, at commit.
 */
export function prepareUpdate(
  schema: ApiSchema,
  definition: ResourceDefinition,
  object: KubeObject,
  old: KubeObject,
  context: UpdateContext,
): void {
  carryOverMetadata(definition, object, old);
  // Generation is decided on defaulted objects: a field left out is not a change.
  applyDefaults(schema, definition, object);
  const changed = definition.strategy.prepareForUpdate?.(object, old, context) ?? false;
  applyDefaults(schema, definition, object);
  setGeneration(definition, object, old, changed);
}

function setGeneration(definition: ResourceDefinition, object: KubeObject, old: KubeObject, changed: boolean): void {
  if (!definition.strategy.hasGeneration || object.metadata === undefined) return;
  const generation = old.metadata?.generation ?? 1;
  object.metadata.generation = changed ? generation + 1 : generation;
}

/** Throws 422 with every finding. */
export function validateUpdate(
  schema: ApiSchema,
  definition: ResourceDefinition,
  object: KubeObject,
  old: KubeObject,
): void {
  throwIfAny(definition, object, [
    ...validateMetadataUpdate(object.metadata ?? {}, old.metadata ?? {}),
    ...findings(schema, definition, object),
    ...(definition.strategy.validateUpdate?.(object, old) ?? []),
  ]);
}

/** The same for the status subresource: everything else is carried over from `old`. */
export function prepareStatusUpdate(
  schema: ApiSchema,
  definition: ResourceDefinition,
  object: KubeObject,
  old: KubeObject,
  context: UpdateContext,
): void {
  carryOverMetadata(definition, object, old);
  const { strategy } = definition;
  if (strategy.prepareForStatusUpdate !== undefined) {
    strategy.prepareForStatusUpdate(object, old, context);
  } else {
    const status = asJson(object)['status'];
    carryOverAllBut(['apiVersion', 'kind', 'metadata', 'status'], object, old);
    if (status !== undefined) asJson(object)['status'] = status;
  }
  if (object.metadata !== undefined && old.metadata?.generation !== undefined) {
    object.metadata.generation = old.metadata.generation;
  }
  applyDefaults(schema, definition, object);
}

export function validateStatusUpdate(definition: ResourceDefinition, object: KubeObject, old: KubeObject): void {
  throwIfAny(definition, object, [
    ...validateMetadataUpdate(object.metadata ?? {}, old.metadata ?? {}),
    ...(definition.strategy.validateStatusUpdate?.(object, old) ?? []),
  ]);
}

/** The same for a subresource that changes one part: everything else is carried over from `old`, metadata too. */
export function preparePartUpdate(
  schema: ApiSchema,
  definition: ResourceDefinition,
  part: PartStrategy,
  object: KubeObject,
  old: KubeObject,
): void {
  carryOverMetadata(definition, object, old);
  const named = object.metadata?.resourceVersion;
  object.metadata = cloneJson(old.metadata ?? {});
  if (named !== undefined) object.metadata.resourceVersion = named;
  applyDefaults(schema, definition, object);
  setGeneration(definition, object, old, part.prepare(object, old));
}

/** Throws 422 with every finding. */
export function validatePartUpdate(
  schema: ApiSchema,
  definition: ResourceDefinition,
  part: PartStrategy,
  object: KubeObject,
  old: KubeObject,
): void {
  throwIfAny(definition, object, [...findings(schema, definition, object), ...part.validate(object, old)]);
}

/** True when storing `object` over `old` would change nothing, the times of managedFields aside: then nothing is written. */
export function isUnchanged(object: KubeObject, old: KubeObject): boolean {
  return (
    equalButFor(['metadata'], object, old) &&
    equalButFor(NO_CONTENT, object.metadata ?? {}, old.metadata ?? {}) &&
    isSameOwners(object.metadata?.managedFields, old.metadata?.managedFields)
  );
}

/** What of the metadata says how an object came about; managedFields are compared in their own way. */
const NO_CONTENT: readonly string[] = ['resourceVersion', 'managedFields', 'selfLink'];

type ManagedFields = ObjectMeta['managedFields'];

function isSameOwners(entries: ManagedFields = [], old: ManagedFields = []): boolean {
  if (entries === old) return true;
  if (entries.length !== old.length) return false;
  return entries.every((entry, index) => {
    const before = old[index];
    return entry === before || (before !== undefined && equalButFor(['time'], entry, before));
  });
}

/** The values field selectors read: metadata.name, metadata.namespace and the strategy's. */
export function selectableFieldsOf(
  definition: ResourceDefinition,
  object: KubeObject,
): Readonly<Record<string, string>> {
  return definition.strategy.selectableFields?.(object) ?? {};
}

/** The names a field selector may use for this resource. */
export function selectableFieldNames(definition: ResourceDefinition): readonly string[] {
  const common = definition.namespaced ? ['metadata.name', 'metadata.namespace'] : ['metadata.name'];
  return [...common, ...(definition.strategy.selectableFieldNames ?? [])];
}

function findings(schema: ApiSchema, definition: ResourceDefinition, object: KubeObject): FieldError[] {
  const own = definition.strategy.validate?.(object) ?? [];
  const named = new Set(own.map((error) => error.field));
  // A strategy words some absences better than the schema can.
  return [...own, ...schema.missing(definition.schema, asJson(object)).filter((error) => !named.has(error.field))];
}

function throwIfAny(definition: ResourceDefinition, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidError(definition, object.metadata?.name ?? '', errors);
}

function carryOverMetadata(definition: ResourceDefinition, object: KubeObject, old: KubeObject): void {
  const metadata: ObjectMeta = object.metadata ?? {};
  const before: ObjectMeta = old.metadata ?? {};
  object.metadata = metadata;
  const name = before.name ?? '';
  if (metadata.uid && before.uid && metadata.uid !== before.uid) {
    throw conflictError(
      definition,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${before.uid}`,
    );
  }
  if (!metadata.resourceVersion && !definition.strategy.allowUnconditionalUpdate) {
    throw invalidError(definition, name, [
      { type: 'invalid', field: 'metadata.resourceVersion', value: 0, detail: 'must be specified for an update' },
    ]);
  }
  delete metadata.selfLink;
  for (const field of CARRIED) {
    const value = before[field];
    if (value === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: cloneJson(value) });
  }
}

const CARRIED: readonly (keyof ObjectMeta)[] = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'generateName',
];

/** Every member of `object` but `kept` becomes what `old` has. */
export function carryOverAllBut(kept: readonly string[], object: KubeObject, old: KubeObject): void {
  const target = asJson(object);
  const source = asJson(old);
  for (const key of new Set([...Object.keys(target), ...Object.keys(source)])) {
    if (kept.includes(key)) continue;
    const value = source[key];
    if (value === undefined) delete target[key];
    else target[key] = cloneJson(value);
  }
}

/** Objects are JSON trees; their types only say more. */
export function asJson(object: KubeObject): JsonObject {
  return object as unknown as { [key: string]: Json };
}
