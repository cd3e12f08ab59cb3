// The loop that every write runs in: decide on a snapshot, commit under conditions, decide again when they did not hold.
//
// A refusal that rests on state is sent only after it was reached on a snapshot that is current (house.md, decision 5):
// 1. the first decision is made on what this server has applied, which may be behind;
// 2. a refusal, or an answer that commits nothing, waits for one read barrier and is decided again;
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
  type Snapshot,
  type StoredObject,
  StoreStoppedError,
  StoreTimeoutError,
} from '../../store/index.ts';
import { COMMIT_ATTEMPTS } from '../limits.ts';
import type { Fence } from './fence.ts';
import { fenceCondition, fenceError } from './fence.ts';

export type Step<T> =
  | {
      readonly kind: 'commit';
      readonly command: Command;
      readonly done: (outcome: Extract<CommitOutcome, { kind: 'committed' }>) => T;
      /** Names the ApiError of a condition that did not hold; undefined decides again. */
      readonly refused?: (failed: Condition, current: StoredObject | undefined) => ApiError | undefined;
    }
  /** Nothing to commit. */
  | { readonly kind: 'answer'; readonly value: T };

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
  try {
    for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
      const step = await decideOnce(transaction, current);
      if (step === undefined) {
        await store.readBarrier(signal);
        current = true;
        continue;
      }
      if (step.kind === 'answer') return step.value;
      const fence = transaction.fence;
      const conditions =
        fence === undefined ? step.command.conditions : [...step.command.conditions, fenceCondition(fence)];
      const outcome = await store.commit({ ...step.command, conditions }, signal);
      if (outcome.kind === 'committed') return step.done(outcome);
      if (fence !== undefined && outcome.failed === step.command.conditions.length)
        throw fenceError(transaction.definition, transaction.name, fence);
      const failed = conditions[outcome.failed];
      const refusal = failed === undefined ? undefined : step.refused?.(failed, outcome.current);
      if (refusal !== undefined) throw refusal;
      await store.waitFor(outcome.revision, signal);
      current = true;
    }
  } catch (error) {
    throw storeError(error);
  }
  throw conflictError(transaction.definition, transaction.name, MODIFIED_MESSAGE);
}

/** Undefined: decided on a snapshot that may be stale, in a way that only a current one may be answered from. */
async function decideOnce<T>(transaction: Transaction<T>, current: boolean): Promise<Step<T> | undefined> {
  try {
    const step = await transaction.decide(transaction.store.snapshot());
    return step.kind === 'answer' && !current ? undefined : step;
  } catch (error) {
    if (error instanceof ApiError && !current) return undefined;
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
