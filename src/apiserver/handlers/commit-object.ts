// The step that ends a write: what goes into one command besides the object itself (fences, addresses, a new namespace's
// first contents), and the writes that are none because nothing changed.
import { ApiError, cloneJson, isUnchanged, type KubeObject, type ResourceDefinition } from '../../api/index.ts';
import { defined } from '../../lib/index.ts';
import {
  type Command,
  type CommitOutcome,
  type Condition,
  type Envelope,
  parseStoreKey,
  type Snapshot,
  type StoredObject,
  type StoreKey,
  type Write,
} from '../../store/index.ts';
import { toEnvelope } from '../storage/codec.ts';
import { fenceHeader, fenceWrites, isLease } from '../storage/fence.ts';
import type { Step } from '../storage/transact.ts';
import { storageForm } from '../storage/view.ts';
import { type Answer, objectAnswer } from './operation.ts';

/** A stored version and the object it holds, in the version of the request. */
export interface Existing {
  readonly stored: StoredObject;
  readonly object: KubeObject;
}

export interface ObjectChange {
  readonly definition: ResourceDefinition;
  readonly key: StoreKey;
  readonly snapshot: Snapshot;
  readonly dryRun: boolean;
  /** Undefined deletes. */
  readonly object: KubeObject | undefined;
  /** Undefined creates. */
  readonly old: Existing | undefined;
  /** What must hold besides the object's own revision or absence. */
  readonly conditions?: readonly Condition[];
  readonly writes?: readonly Write[];
  /** Words a condition that did not hold; without it, the request is decided again. */
  readonly refused?: Extract<Step<unknown>, { kind: 'commit' }>['refused'];
  /** Commits of one name go one after another (storage/turns.ts). */
  readonly turn?: string | undefined;
  /** True: an object that is too large with its managedFields is refused (an apply's). Otherwise it is stored without them. */
  readonly keepsOwners?: boolean;
}

/** The step that makes the change, and answers with what it left. */
export function changeStep(change: ObjectChange, status: number): Step<Answer> {
  const { definition, object, old, snapshot } = change;
  if (object !== undefined && old !== undefined && isUnchanged(object, old.object))
    return unchangedStep(definition, status, old.stored, snapshot);
  if (change.dryRun) return { kind: 'answer', value: objectAnswer(status, dryRunObject(object, old)) };
  return {
    kind: 'commit',
    command: commandOf(change),
    ...(change.refused === undefined ? {} : { refused: change.refused }),
    turn: change.turn,
    done: (outcome) => committedAnswer(change, status, outcome),
  };
}

/** A lease's answer carries its fence, which may move without it. */
function unchangedStep(
  definition: ResourceDefinition,
  status: number,
  stored: StoredObject,
  snapshot: Snapshot,
): Step<Answer> {
  const value = storedAnswer(definition, status, stored, snapshot);
  return isLease(definition) ? { kind: 'answer', value } : { kind: 'answer', value, already: stored };
}

function commandOf(change: ObjectChange): Command {
  const { definition, key, object, old } = change;
  const own: Condition =
    old === undefined ? { kind: 'absent', key } : { kind: 'revision', key, revision: old.stored.revision };
  const write: Write =
    object === undefined ? { kind: 'delete', key } : { kind: 'put', key, envelope: envelopeOf(change, object) };
  return {
    conditions: [own, ...(change.conditions ?? [])],
    writes: [write, ...fenceWrites(definition, object, old?.object), ...(change.writes ?? [])],
    usesReserve: isLease(definition) || isGoing(object),
  };
}

function envelopeOf({ definition, keepsOwners }: ObjectChange, object: KubeObject): Envelope {
  const stored = storageForm(definition, object);
  try {
    return toEnvelope(definition, stored);
  } catch (error) {
    const tooLarge = error instanceof ApiError && error.status.code === 413;
    if (!tooLarge || keepsOwners === true || stored.metadata?.managedFields === undefined) throw error;
    const { managedFields: _, ...metadata } = stored.metadata;
    return toEnvelope(definition, { ...stored, metadata });
  }
}

/** Deleted, or on its way: each step of a deletion must be possible while the disk is low. */
function isGoing(object: KubeObject | undefined): boolean {
  return object === undefined || object.metadata?.deletionTimestamp !== undefined;
}

function committedAnswer(
  change: ObjectChange,
  status: number,
  outcome: Extract<CommitOutcome, { kind: 'committed' }>,
): Answer {
  const object = defined(outcome.objects[0], 'the object that a command wrote');
  const raised = isLease(change.definition) ? outcome.objects[1] : undefined;
  if (raised === undefined) return storedAnswer(change.definition, status, object, change.snapshot);
  const { namespace, name } = parseStoreKey(raised.key);
  return { kind: 'stored', status, object, fence: `${namespace}/${name}=${raised.revision}` };
}

/** A stored version, with the fence of a lease. */
export function storedAnswer(
  definition: ResourceDefinition,
  status: number,
  object: StoredObject,
  snapshot: Snapshot,
): Answer {
  if (!isLease(definition)) return { kind: 'stored', status, object };
  const { namespace, name } = parseStoreKey(object.key);
  return { kind: 'stored', status, object, fence: fenceHeader(definition, namespace, name, snapshot) };
}

function dryRunObject(object: KubeObject | undefined, old: Existing | undefined): KubeObject {
  const answer = cloneJson(object ?? old?.object ?? {});
  if (old !== undefined) answer.metadata = { ...answer.metadata, resourceVersion: String(old.stored.revision) };
  return answer;
}
