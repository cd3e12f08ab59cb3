// DELETE: at once, after a grace period that the kubelet confirms, or when the last finalizer is gone. The policy for
// dependents is left to the garbage collector, through the finalizers orphan and foregroundDeletion.
import {
  badRequestError,
  cloneJson,
  conflictError,
  type DeleteOptions,
  type FieldError,
  forbidden,
  forbiddenError,
  invalidError,
  type KubeObject,
  type Namespace,
  notSupported,
  type Pod,
  type ResourceDefinition,
  SYSTEM_PRIORITY_CLASSES,
  successStatus,
} from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import type { Condition, Snapshot, Write } from '../../store/index.ts';
import { IMMORTAL_NAMESPACES } from '../admission/namespace-lifecycle.ts';
import { isTrue } from '../request-info/parse.ts';
import { releaseForDelete } from '../storage/service-addresses.ts';
import type { Step } from '../storage/transact.ts';
import { changeStep, type Existing } from './commit-object.ts';
import { commitOperation } from './commit-operation.ts';
import { decodeBytes } from './decode.ts';
import type { Answer, Operation } from './operation.ts';
import { parseWriteOptions } from './options.ts';
import { hasSpecFinalizers, requireExisting } from './update.ts';

export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** Kinds whose DELETE answers the object rather than a Status, as Kubernetes has it. */
const ANSWER_OBJECT = new Set([
  'Pod',
  'Service',
  'ServiceAccount',
  'PodTemplate',
  'ResourceQuota',
  'CSIDriver',
  'CSINode',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

export async function handleDelete(operation: Operation): Promise<Answer> {
  const options = await readDeleteOptions(operation);
  return deleteObject(operation, options);
}

/** Deletes the object that operation.info names. */
export function deleteObject(operation: Operation, options: DeleteOptions): Promise<Answer> {
  return commitOperation(operation, (snapshot) =>
    deleteStep(operation, options, requireExisting(operation, snapshot), snapshot),
  );
}

/** Options from the body and the query, which must agree with each other. Throws ApiError 400 and 422. */
export async function readDeleteOptions(operation: Operation): Promise<DeleteOptions> {
  const { query } = operation;
  parseWriteOptions(query, 'DeleteOptions');
  const bytes = await operation.body();
  const options: DeleteOptions = bytes.length === 0 ? {} : decodeDeleteOptions(operation, bytes);
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null) {
    if (!/^-?\d{1,10}$/.test(grace)) throw badRequestError(`invalid gracePeriodSeconds: ${JSON.stringify(grace)}`);
    options.gracePeriodSeconds = Number(grace);
  }
  const policy = query.get('propagationPolicy');
  if (policy !== null && policy !== '') options.propagationPolicy = policy;
  const orphan = query.get('orphanDependents');
  if (orphan !== null) options.orphanDependents = isTrue(orphan);
  requireDeleteOptions(options);
  return options;
}

/** Throws ApiError 422 for options that cannot be, or contradict each other. */
export function requireDeleteOptions(options: DeleteOptions): void {
  const errors = optionErrors(options);
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}

function decodeDeleteOptions(operation: Operation, bytes: Uint8Array): DeleteOptions {
  const { group, version } = operation.definition;
  const schema = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
  const kinds = [
    { group, version, kind: 'DeleteOptions', schema },
    { group: '', version: 'v1', kind: 'DeleteOptions', schema },
    { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions', schema },
  ];
  let failure: unknown;
  for (const kind of kinds) {
    try {
      return decodeBytes(operation, kind, bytes, 'Ignore') as DeleteOptions;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function optionErrors(options: DeleteOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents, dryRun } = options;
  if (propagationPolicy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']));
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    errors.push(forbidden('propagationPolicy', 'orphanDependents and deletionPropagation cannot be both set'));
  if ((dryRun ?? []).some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  return errors;
}

/** What goes along with a deletion. */
export interface DeletionExtras {
  readonly conditions: readonly Condition[];
  readonly writes: readonly Write[];
  /** Changes the object that is going, and still there for its grace period or its finalizers. */
  mark(object: KubeObject): void;
}

const NO_EXTRAS: DeletionExtras = { conditions: [], writes: [], mark: () => {} };

export function deleteStep(
  operation: Operation,
  options: DeleteOptions,
  old: Existing,
  snapshot: Snapshot,
  { conditions, writes, mark }: DeletionExtras = NO_EXTRAS,
): Step<Answer> {
  const { definition, info, server } = operation;
  checkPreconditions(definition, options, old);
  if (definition.kind === 'Namespace' && definition.group === '' && IMMORTAL_NAMESPACES.has(info.name))
    throw forbiddenError(definition, info.name, 'this namespace may not be deleted');
  if (definition.kind === 'PriorityClass' && SYSTEM_PRIORITY_CLASSES.some(({ name }) => name === info.name))
    throw forbiddenError(definition, info.name, 'this is a system priority class and cannot be deleted');

  const object = cloneJson(old.object);
  const metadata = { ...object.metadata };
  object.metadata = metadata;
  applyPropagation(operation, metadata, options);
  const graceSeconds = gracePeriod(definition, object, options);
  const nowMs = server.options.clock.now();
  const base = {
    definition,
    key: old.stored.key,
    snapshot,
    dryRun: operation.dryRun || (options.dryRun ?? []).length > 0,
    old,
    conditions,
    writes,
  };
  if (graceSeconds === 0 && (metadata.finalizers ?? []).length === 0 && !hasSpecFinalizers(object)) {
    const released = releaseForDelete(operation, old.object);
    const step = changeStep({ ...base, object: undefined, writes: [...released, ...writes] }, 200);
    return ANSWER_OBJECT.has(definition.kind) ? step : answering(step, successOf(definition, old.object));
  }
  markDeleted(metadata, graceSeconds, nowMs);
  mark(object);
  if (definition.kind === 'Namespace' && definition.group === '')
    (object as Namespace).status = { ...(object as Namespace).status, phase: 'Terminating' };
  return changeStep({ ...base, object }, 200);
}

/** The same step with another answer. */
function answering(step: Step<Answer>, answer: Answer): Step<Answer> {
  if (step.kind === 'answer') return { kind: 'answer', value: answer };
  return { ...step, done: () => answer };
}

function successOf(definition: ResourceDefinition, object: KubeObject): Answer {
  const status = successStatus(definition, object.metadata?.name ?? '', object.metadata?.uid ?? '');
  return { kind: 'encoded', status: 200, json: JSON.stringify(status) };
}

function checkPreconditions(definition: ResourceDefinition, { preconditions }: DeleteOptions, old: Existing): void {
  const { uid = '', name = '' } = old.object.metadata ?? {};
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`;
    throw conflictError(definition, name, why);
  }
  const version = preconditions?.resourceVersion;
  if (version !== undefined && version !== String(old.stored.revision)) {
    const why = `Precondition failed: ResourceVersion in precondition: ${version}, ResourceVersion in object meta: ${old.stored.revision}`;
    throw conflictError(definition, name, why);
  }
}

type Metadata = NonNullable<KubeObject['metadata']>;

/** The finalizers that stand for a policy; without one, what the object has is left, or the kind's own policy taken. */
function applyPropagation({ definition, warnings }: Operation, metadata: Metadata, options: DeleteOptions): void {
  const { orphanDependents } = options;
  const asked =
    options.propagationPolicy ??
    (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background');
  const isPolicy = (name: string): boolean => name === ORPHAN_FINALIZER || name === FOREGROUND_FINALIZER;
  const { orphansDependents, orphansWarning } = definition.strategy;
  if (asked === undefined && orphansWarning !== undefined) warnings.add(orphansWarning);
  const usual = orphansDependents !== true || (metadata.finalizers ?? []).some(isPolicy) ? undefined : 'Orphan';
  const policy = asked ?? usual;
  if (policy === undefined) return;
  const others = (metadata.finalizers ?? []).filter((name) => !isPolicy(name));
  if (policy === 'Orphan') others.push(ORPHAN_FINALIZER);
  if (policy === 'Foreground') others.push(FOREGROUND_FINALIZER);
  if (others.length > 0) metadata.finalizers = others;
  else delete metadata.finalizers;
}

function gracePeriod(definition: ResourceDefinition, object: KubeObject, options: DeleteOptions): number {
  const usual = definition.strategy.deletionGracePeriodSeconds?.(object);
  if (usual === undefined) return 0;
  if (definition.kind === 'Pod' && !runsSomewhere(object as Pod)) return 0;
  const asked = options.gracePeriodSeconds;
  // Less than nothing is one second: the least that is not a forced deletion.
  return asked === undefined ? usual : asked < 0 ? 1 : asked;
}

/** A pod that no kubelet has, or that has ended, waits for nobody's confirmation. */
function runsSomewhere(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return (pod.spec?.nodeName ?? '') !== '' && phase !== 'Succeeded' && phase !== 'Failed';
}

/** The first deletion sets the time; later ones may only shorten it. */
function markDeleted(metadata: Metadata, graceSeconds: number, nowMs: number): void {
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = rfc3339(nowMs + graceSeconds * 1000);
    metadata.deletionGracePeriodSeconds = graceSeconds;
    if (metadata.generation !== undefined) metadata.generation += 1;
    return;
  }
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  if (graceSeconds >= before) return;
  const requestedMs = Date.parse(metadata.deletionTimestamp) - before * 1000;
  metadata.deletionTimestamp = rfc3339(requestedMs + graceSeconds * 1000);
  metadata.deletionGracePeriodSeconds = graceSeconds;
}
