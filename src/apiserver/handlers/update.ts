// UPDATE of an object or of its status: against the version the client names, or the current one where the kind allows.
import { randomUUID } from 'node:crypto';
import {
  apiSchema,
  cloneJson,
  conflictError,
  invalid,
  invalidError,
  type KubeObject,
  notFoundError,
  type PartStrategy,
  preparePartUpdate,
  prepareStatusUpdate,
  prepareUpdate,
  putBack,
  reconcileNames,
  validatePartUpdate,
  validateStatusUpdate,
  validateUpdate,
} from '../../api/index.ts';
import type { Snapshot } from '../../store/index.ts';
import { admit, review } from '../admission/admit.ts';
import type { Admission } from '../admission/plugin.ts';
import { fromStored } from '../storage/codec.ts';
import { objectKey } from '../storage/keys.ts';
import { allocateForUpdate, releaseForDelete } from '../storage/service-addresses.ts';
import type { Step } from '../storage/transact.ts';
import { viewObject } from '../storage/view.ts';
import { changeStep, type Existing } from './commit-object.ts';
import { commitOperation } from './commit-operation.ts';
import { bodyKind, decideCreate } from './create.ts';
import { decodeRequest } from './decode.ts';
import { isApply, trackWrite } from './field-manager.ts';
import type { Answer, Operation } from './operation.ts';
import { parseWriteOptions } from './options.ts';

/** Which part of an object a request may change. */
export type UpdatePart = 'object' | 'status' | PartStrategy;

export async function handleUpdate(operation: Operation, part: UpdatePart): Promise<Answer> {
  const { definition, info, query } = operation;
  const { fieldValidation } = parseWriteOptions(query, 'UpdateOptions');
  const decoded = await decodeRequest(operation, bodyKind(definition), fieldValidation);
  reconcileNames(definition, decoded, info.namespace, info.name);
  const uid = randomUUID();
  return commitOperation(operation, (snapshot) => {
    const old = findExisting(operation, snapshot);
    if (old !== undefined) return updateStep(operation, cloneJson(decoded), old, part, snapshot);
    if (part !== 'object' || !definition.strategy.allowCreateOnUpdate || decoded.metadata?.uid)
      throw notFoundError(definition, info.name);
    return decideCreate(operation, { decoded, uid, status: 201 }, snapshot);
  });
}

/** What is stored under the request's name, in the request's version. */
export function findExisting(operation: Operation, snapshot: Snapshot): Existing | undefined {
  const { definition, info } = operation;
  const stored = snapshot.get(objectKey(definition, info.namespace, info.name));
  return stored === undefined ? undefined : { stored, object: viewObject(fromStored(stored), definition) };
}

/** The same, or ApiError 404. */
export function requireExisting(operation: Operation, snapshot: Snapshot): Existing {
  const existing = findExisting(operation, snapshot);
  if (existing === undefined) throw notFoundError(operation.definition, operation.info.name);
  return existing;
}

/** Makes `object` the next version of `old`. Takes `object` over. Throws ApiError 409 and 422. */
export function updateStep(
  operation: Operation,
  object: KubeObject,
  old: Existing,
  part: UpdatePart,
  snapshot: Snapshot,
): Step<Answer> {
  const { definition, server } = operation;
  const context = { nowMs: server.options.clock.now() };
  checkRevision(operation, object, old);
  if (part === 'status') {
    trackWrite(operation, old.object, object);
    prepareStatusUpdate(apiSchema(), definition, object, old.object, context);
    validateStatusUpdate(definition, object, old.object);
    return commitUpdate(operation, object, old, snapshot);
  }
  if (part === 'object') {
    // What a client leaves out that has a default it has not taken away.
    definition.strategy.applyDefaults?.(object, apiSchema());
    trackWrite(operation, old.object, object);
  }
  const admitted = { operation, object, old: old.object, snapshot };
  const admission = admit(admitted);
  if (part !== 'object') {
    const asked = object.metadata ?? {};
    preparePartUpdate(apiSchema(), definition, part, object, old.object);
    if (!isApply(operation)) trackWrite(operation, old.object, object);
    else if (object.metadata !== undefined) putBack(object.metadata, asked, 'managedFields');
    validatePartUpdate(apiSchema(), definition, part, object, old.object);
    review(admitted, admission);
    return commitUpdate(operation, object, old, snapshot, admission);
  }
  prepareUpdate(apiSchema(), definition, object, old.object, context);
  const addresses = allocateForUpdate(operation, object, old.object, snapshot);
  validateUpdate(apiSchema(), definition, object, old.object);
  review(admitted, admission);
  for (const warning of definition.strategy.warnings?.(object) ?? []) operation.warnings.add(warning);
  admission.conditions.push(...addresses.conditions);
  admission.writes.push(...addresses.writes);
  return commitUpdate(operation, object, old, snapshot, admission);
}

const NO_MORE: Admission = { conditions: [], writes: [] };

/** Commits a prepared update, or the deletion that it completes: the last finalizer of a deleted object is gone. */
export function commitUpdate(
  operation: Operation,
  object: KubeObject,
  old: Existing,
  snapshot: Snapshot,
  { conditions, writes, turn }: Admission = NO_MORE,
): Step<Answer> {
  const { definition, dryRun } = operation;
  const { key } = old.stored;
  const base = { definition, key, snapshot, dryRun, old, keepsOwners: isApply(operation) };
  if (completesDeletion(object, old.object))
    return changeStep({ ...base, object: undefined, writes: releaseForDelete(operation, old.object) }, 200);
  return changeStep({ ...base, object, conditions, writes, turn }, 200);
}

function completesDeletion(object: KubeObject, old: KubeObject): boolean {
  const metadata = old.metadata;
  if (metadata?.deletionTimestamp === undefined || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  const had = (metadata.finalizers ?? []).length > 0;
  return had && (object.metadata?.finalizers ?? []).length === 0 && !hasSpecFinalizers(object);
}

/** Namespaces keep a second list of finalizers, in their spec. */
export function hasSpecFinalizers(object: KubeObject): boolean {
  const spec = (object as { spec?: { finalizers?: unknown } }).spec;
  return object.kind === 'Namespace' && Array.isArray(spec?.finalizers) && spec.finalizers.length > 0;
}

/** Optimistic concurrency. Throws ApiError 409 for another version, 422 for what cannot be one. */
export function checkRevision(operation: Operation, object: KubeObject, old: Existing): void {
  const { definition, info } = operation;
  const named = object.metadata?.resourceVersion ?? '';
  if (named === '') return;
  if (!/^\d{1,16}$/.test(named))
    throw invalidError(definition, info.name, [invalid('metadata.resourceVersion', named, 'must be a number')]);
  if (Number(named) === 0 && definition.strategy.allowUnconditionalUpdate) return;
  if (Number(named) !== old.stored.revision) throw conflictError(definition, info.name);
}
