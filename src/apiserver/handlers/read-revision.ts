// Which revision a read is answered at: now, any, at least N, or exactly N. Waiting happens here.
import {
  ApiError,
  badRequestError,
  expiredError,
  type FieldError,
  forbidden,
  invalidError,
  notSupported,
} from '../../api/index.ts';
import { Cancellation } from '../../lib/index.ts';
import {
  CompactedError,
  FutureRevisionError,
  type ObjectStore,
  type Revision,
  type Snapshot,
  StoreTimeoutError,
} from '../../store/index.ts';
import { FUTURE_REVISION_WAIT_MS } from '../limits.ts';
import type { Operation } from './operation.ts';

export type ReadRevision =
  /** Everything acknowledged before the request. */
  | { readonly kind: 'current' }
  /** Whatever this server has. */
  | { readonly kind: 'any' }
  | { readonly kind: 'atLeast'; readonly revision: Revision }
  | { readonly kind: 'exactly'; readonly revision: Revision };

/** Reads resourceVersion and resourceVersionMatch of a GET or LIST. Throws ApiError 400 and 422. */
export function readRevision(query: URLSearchParams, limited: boolean): ReadRevision {
  const text = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const errors = listOptionErrors(query);
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  if (text === '') return { kind: 'current' };
  const revision = parseRevision(text);
  if (revision === 0) return { kind: 'any' };
  // A limit pins the revision when the client does not say what it wants, as Kubernetes always has.
  const exact = match === 'Exact' || (match === '' && limited);
  return { kind: exact ? 'exactly' : 'atLeast', revision };
}

/** Throws ApiError 400 unless it is a decimal number. */
export function parseRevision(text: string): Revision {
  if (!/^\d{1,15}$/.test(text))
    throw badRequestError(`Invalid value: ${JSON.stringify(text)}: resource version must be a number`);
  return Number(text) as Revision;
}

function listOptionErrors(query: URLSearchParams): FieldError[] {
  const errors: FieldError[] = [];
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  if (query.has('sendInitialEvents'))
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match === '') return errors;
  const field = 'resourceVersionMatch';
  if (version === '')
    errors.push(forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if ((query.get('continue') ?? '') !== '')
    errors.push(forbidden(field, 'resourceVersionMatch is forbidden when continue is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan')
    errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && version === '0')
    errors.push(forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  return errors;
}

/** The snapshot to answer from. Throws ApiError 410 below the compacted revision, 504 when it cannot be had in time. */
export async function snapshotAt(operation: Operation, read: ReadRevision): Promise<Snapshot> {
  const { store } = operation.server.options;
  switch (read.kind) {
    case 'current':
      await store.readBarrier(operation.signal);
      return store.snapshot();
    case 'any':
      // Not from a state that is only being rebuilt: an empty answer would be believed.
      await store.waitFor(0 as Revision, operation.signal);
      return store.snapshot();
    case 'atLeast':
      await waitForRevision(operation, read.revision);
      return store.snapshot();
    case 'exactly':
      await waitForRevision(operation, read.revision);
      return pastSnapshot(store, read.revision);
  }
}

/** Throws ApiError 410 when it is compacted. */
export function pastSnapshot(store: ObjectStore, revision: Revision): Snapshot {
  try {
    return store.snapshot(revision);
  } catch (error) {
    if (error instanceof CompactedError) throw tooOldError(revision, error.compactedRevision);
    if (error instanceof FutureRevisionError) throw tooLargeRevisionError(revision, store.status().revision);
    throw error;
  }
}

export function tooOldError(revision: Revision, oldest: Revision): ApiError {
  return expiredError(`too old resource version: ${revision} (${oldest})`);
}

/** Waits a little for a revision that another server has told the client of; then 504, as Kubernetes does. */
export async function waitForRevision(operation: Operation, revision: Revision): Promise<void> {
  const { store, clock } = operation.server.options;
  if (revision > 0 && store.status().revision >= revision) return;
  const waiting = new Cancellation();
  const abort = (): void => waiting.abort();
  const timer = clock.timer(FUTURE_REVISION_WAIT_MS, abort);
  operation.signal.addEventListener('abort', abort, { once: true });
  try {
    await store.waitFor(revision, waiting);
  } catch (error) {
    if (error instanceof StoreTimeoutError) throw tooLargeRevisionError(revision, store.status().revision);
    throw error;
  } finally {
    timer.cancel();
    operation.signal.removeEventListener('abort', abort);
  }
}

function tooLargeRevisionError(revision: Revision, current: Revision): ApiError {
  const message = `Too large resource version: ${revision}, current: ${current}`;
  return new ApiError(504, 'Timeout', `Timeout: ${message}`, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  });
}
