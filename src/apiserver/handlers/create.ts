// CREATE: decoded, admitted, validated, and committed on the conditions that its name is free and its namespace is as it
// was read. Nothing about a create rests on state that could move before it is stored.
import { randomUUID } from 'node:crypto';
import {
  alreadyExistsError,
  apiSchema,
  applyDefaults,
  type BodyKind,
  badRequestError,
  cloneJson,
  generateNameConflictError,
  type KubeObject,
  prepareCreate,
  type ResourceDefinition,
  reconcileNames,
  validateCreate,
} from '../../api/index.ts';
import type { Condition, Snapshot, StoreKey, Write } from '../../store/index.ts';
import { admit, review } from '../admission/admit.ts';
import { GENERATE_NAME_ATTEMPTS, NAME_LIMIT } from '../limits.ts';
import { objectKey } from '../storage/keys.ts';
import { namespaceContents } from '../storage/namespace-contents.ts';
import { allocateForCreate } from '../storage/service-addresses.ts';
import type { Step } from '../storage/transact.ts';
import { changeStep } from './commit-object.ts';
import { commitOperation } from './commit-operation.ts';
import { decodeRequest } from './decode.ts';
import { isApply, trackWrite } from './field-manager.ts';
import type { Answer, Operation } from './operation.ts';
import { parseWriteOptions } from './options.ts';

export async function handleCreate(operation: Operation): Promise<Answer> {
  const { definition, query, info } = operation;
  const options = parseWriteOptions(query, 'CreateOptions');
  const object = await decodeRequest(operation, bodyKind(definition), options.fieldValidation);
  reconcileNames(definition, object, namespaceOf(definition, object, info.namespace), '');
  return createObject(operation, object, 201);
}

export function bodyKind(definition: ResourceDefinition): BodyKind {
  const { group, version, kind, schema } = definition;
  return { group, version, kind, schema };
}

/** The path's namespace, else the body's, else `default` (a contract of this project). */
function namespaceOf(definition: ResourceDefinition, object: KubeObject, pathNamespace: string): string {
  if (!definition.namespaced || pathNamespace !== '') return pathNamespace;
  return object.metadata?.namespace || 'default';
}

/** Creates what a body (or an update that may create) decoded to. */
export function createObject(operation: Operation, decoded: KubeObject, status: number): Promise<Answer> {
  const uid = randomUUID();
  const request = { decoded, uid, status };
  return commitOperation(
    operation,
    (snapshot) => decideCreate(operation, request, snapshot),
    decoded.metadata?.name ?? '',
  );
}

export interface CreateRequest {
  readonly decoded: KubeObject;
  readonly uid: string;
  /** Of the answer. */
  readonly status: number;
}

export function decideCreate(operation: Operation, request: CreateRequest, snapshot: Snapshot): Step<Answer> {
  const { definition, dryRun } = operation;
  if ((request.decoded.metadata?.resourceVersion ?? '') !== '')
    throw badRequestError('resourceVersion should not be set on objects to be created');
  const object = prepareNamed(operation, request, snapshot);
  const admitted = { operation, object, old: undefined, snapshot };
  const admission = admit(admitted);
  applyDefaults(apiSchema(), definition, object);
  validateCreate(apiSchema(), definition, object);
  review(admitted, admission);
  for (const warning of definition.strategy.warnings?.(object) ?? []) operation.warnings.add(warning);
  const key = keyOf(definition, object);
  if (snapshot.get(key) !== undefined) throw alreadyExistsError(definition, object.metadata?.name ?? '');
  const addresses = allocateForCreate(operation, object, snapshot);
  const conditions: readonly Condition[] = [...admission.conditions, ...addresses.conditions];
  const writes: readonly Write[] = [...namespaceContents(operation, object), ...addresses.writes, ...admission.writes];
  const change = {
    definition,
    key,
    snapshot,
    dryRun,
    object,
    old: undefined,
    conditions,
    writes,
    turn: admission.turn,
    keepsOwners: isApply(operation),
  };
  return changeStep(change, request.status);
}

/** A given name is taken as it is; a generated one is made anew while it is taken, a few times. */
function prepareNamed(operation: Operation, request: CreateRequest, snapshot: Snapshot): KubeObject {
  const { definition, server, user } = operation;
  const { clock, random } = server.options;
  const context = { nowMs: clock.now(), random: () => random.uint32(), uid: request.uid, caller: user };
  const generated =
    (request.decoded.metadata?.name ?? '') === '' && (request.decoded.metadata?.generateName ?? '') !== '';
  for (let attempt = 1; ; attempt++) {
    const object = cloneJson(request.decoded);
    definition.strategy.applyDefaults?.(object, apiSchema());
    trackWrite(operation, undefined, object);
    prepareCreate(apiSchema(), definition, object, context);
    if (!generated || snapshot.get(keyOf(definition, object)) === undefined) return object;
    if (attempt === GENERATE_NAME_ATTEMPTS) throw generateNameConflictError(definition, object.metadata?.name ?? '');
  }
}

/** The key of an object whose name may not be valid yet: then one that nothing is stored under. */
function keyOf(definition: ResourceDefinition, object: KubeObject): StoreKey {
  const { name = '', namespace = '' } = object.metadata ?? {};
  const nameable = name !== '' && !name.includes('/') && !namespace.includes('/') && name.length <= NAME_LIMIT;
  return objectKey(definition, nameable ? namespace : '', nameable ? name : '\0');
}
