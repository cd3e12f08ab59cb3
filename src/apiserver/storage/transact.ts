// The loop that every write runs in: decide on a snapshot, commit under conditions, decide again when they did not hold.
//
// A refusal that rests on state is sent only after it was reached on a snapshot that is current (house.md, decision 5):
// 1. the first decision is made on what this server has applied, which may be behind;
// 2. a refusal, or an answer that commits nothing, waits for one read barrier and is decided again; what is already so is
//    answered if it still is;
// 3. a commit that was refused waits until its revision is applied here: what is decided then is current.
import { ApiError, conflictError, MODIFIED_MESSAGE, type ResourceDefinition, timeoutError } from '../../api/index.ts';
import type { CancelSignal } from '../../lib/index.ts';
import {
  type Command,
  CommandTooLargeError,
  type CommitOutcome,
  type Condition,
  DiskLowError,
  type ObjectStore,
  type Revision,
  type Snapshot,
  type StoredObject,
  StoreStoppedError,
  StoreTimeoutError,
} from '../../store/index.ts';
import { COMMIT_ATTEMPTS } from '../limits.ts';
import type { Fence } from './fence.ts';
import { fenceCondition, fenceError } from './fence.ts';
import { type Turn, turnsOf } from './turns.ts';

export type Step<T> =
  | {
      readonly kind: 'commit';
      readonly command: Command;
      readonly done: (outcome: Extract<CommitOutcome, { kind: 'committed' }>) => T;
      /** Names the ApiError of a condition that did not hold; undefined decides again. */
      readonly refused?: (failed: Condition, current: StoredObject | undefined) => ApiError | undefined;
      /** Commits of one name go one after another, each decided when its turn has come. */
      readonly turn?: string | undefined;
    }
  /** Nothing to commit. `already`: because this version is what was asked for, whatever else the decision looked at. */
  | { readonly kind: 'answer'; readonly value: T; readonly already?: StoredObject };

export interface Transaction<T> {
  readonly store: ObjectStore;
  readonly signal: CancelSignal;
  readonly fence: Fence | undefined;
  /** What the final conflict is about. */
  readonly definition: ResourceDefinition;
  readonly name: string;
  /** Throws ApiError to refuse. Called again on a later snapshot whenever something moved. */
  decide(snapshot: Snapshot): Step<T> | Promise<Step<T>>;
}

export async function transact<T>(transaction: Transaction<T>): Promise<T> {
  const { store, signal } = transaction;
  let current = false;
  let turn: Turn | undefined;
  try {
    for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
      const step = await decideOnce(transaction);
      if (step.kind !== 'commit') {
        if (current) return settle(step);
        // Whoever is about to be refused holds up nobody.
        turn?.end();
        turn = undefined;
        await store.readBarrier(signal);
        current = true;
        if (isStill(step, store.snapshot())) return settle(step);
        continue;
      }
      if (step.turn !== undefined && turn === undefined) {
        turn = await turnsOf(store).take(step.turn, signal);
        if (turn.givesWay) await giveWay(store, signal);
        // What those before left is applied here; whether a refusal is of today is another question.
        if (turn.waited) continue;
      }
      const outcome = await commitStep(transaction, step);
      if (outcome.kind === 'committed') return outcome.value;
      await store.waitFor(outcome.revision, signal);
      current = true;
    }
  } catch (error) {
    throw storeError(error);
  } finally {
    turn?.end();
  }
  throw conflictError(transaction.definition, transaction.name, MODIFIED_MESSAGE);
}

type Committed<T> = { readonly kind: 'committed'; readonly value: T };
type Moved = { readonly kind: 'moved'; readonly revision: Revision };

/** Throws ApiError for a condition whose failure has a meaning. */
async function commitStep<T>(
  { store, signal, fence, definition, name }: Transaction<T>,
  step: Extract<Step<T>, { kind: 'commit' }>,
): Promise<Committed<T> | Moved> {
  const conditions =
    fence === undefined ? step.command.conditions : [...step.command.conditions, fenceCondition(fence)];
  const outcome = await store.commit({ ...step.command, conditions }, signal);
  if (outcome.kind === 'committed') return { kind: 'committed', value: step.done(outcome) };
  if (fence !== undefined && outcome.failed === step.command.conditions.length)
    throw fenceError(definition, name, fence);
  const failed = conditions[outcome.failed];
  const refusal = failed === undefined ? undefined : step.refused?.(failed, outcome.current);
  if (refusal !== undefined) throw refusal;
  return { kind: 'moved', revision: outcome.revision };
}

/** For as long as another server needs to learn that its commit was refused, and to send it again. */
async function giveWay(store: ObjectStore, signal: CancelSignal): Promise<void> {
  await store.readBarrier(signal);
  await store.readBarrier(signal);
}

type Refusal = { readonly kind: 'refusal'; readonly error: ApiError };
type Uncommitted<T> = Extract<Step<T>, { kind: 'answer' }> | Refusal;

function settle<T>(step: Uncommitted<T>): T {
  if (step.kind === 'refusal') throw step.error;
  return step.value;
}

/** True for what was already so, and is. */
function isStill(step: Uncommitted<unknown>, snapshot: Snapshot): boolean {
  if (step.kind === 'refusal' || step.already === undefined) return false;
  return snapshot.get(step.already.key)?.revision === step.already.revision;
}

async function decideOnce<T>(transaction: Transaction<T>): Promise<Step<T> | Refusal> {
  try {
    return await transaction.decide(transaction.store.snapshot());
  } catch (error) {
    if (error instanceof ApiError) return { kind: 'refusal', error };
    throw error;
  }
}

/** The store's own failures as the Status that Kubernetes gives; anything else is left as it is. */
export function storeError(error: unknown): unknown {
  if (error instanceof StoreTimeoutError)
    return timeoutError('request did not complete within the allotted timeout; its outcome is unknown', 1);
  if (error instanceof StoreStoppedError) return new ApiError(503, 'ServiceUnavailable', 'the server is shutting down');
  // 507 says that the server cannot store it, whoever asks and whenever, until somebody makes room: a 429 or 503 would be
  // tried again at once by every client, a 500 would blame the server. Kubernetes has no reason for it; clients go by the code.
  if (error instanceof DiskLowError) return new ApiError(507, 'InsufficientStorage', error.message);
  if (error instanceof CommandTooLargeError) return new ApiError(413, 'RequestEntityTooLarge', error.message);
  return error;
}
