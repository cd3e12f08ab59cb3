// LIST: the stored bytes of what is selected, strung together, page by page at one revision.
import { ApiError, badRequestError } from '../../api/index.ts';
import { CompactedError, type Revision, type Snapshot, type StoredObject, type StoreKey } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';
import { collectionRange } from '../storage/keys.ts';
import type { Answer, Operation } from './operation.ts';
import { readRevision, snapshotAt, waitForRevision } from './read-revision.ts';
import { parseSelection } from './selection.ts';
import { type Page, shapeFor } from './shape.ts';

/** Where a paged list goes on. `revision` 0: at whatever is current, after the first revision was compacted. */
interface Continuation {
  readonly revision: Revision;
  readonly after: StoreKey;
}

export async function handleList(operation: Operation): Promise<Answer> {
  const { definition, query, representation, server } = operation;
  const { clock } = server.options;
  const page = inOrder(operation, await readPage(operation));
  const body = await shapeFor(definition, representation, query, clock).list(page, () => clock.monotonic());
  return { kind: 'parted', status: 200, body, contentType: representation.contentType };
}

/** The rows of a table may have an order of their own within a page. */
function inOrder({ definition, representation }: Operation, page: Page): Page {
  const { tableOrder } = definition;
  if (tableOrder === undefined || representation.as !== 'table') return page;
  const rows = page.objects.map((stored) => ({ stored, object: fromStored(stored) }));
  const objects = rows.sort((a, b) => tableOrder(a.object, b.object)).map(({ stored }) => stored);
  return { ...page, objects };
}

async function readPage(operation: Operation): Promise<Page> {
  const { definition, info, query } = operation;
  const selection = parseSelection(definition, query, '');
  const range = collectionRange(definition, info.namespace);
  const limit = parseLimit(query.get('limit'));
  const token = query.get('continue') ?? '';
  const continuation = token === '' ? undefined : parseContinue(token, range.prefix);
  if (continuation !== undefined && (query.get('resourceVersion') ?? '') !== '' && query.get('resourceVersion') !== '0')
    throw badRequestError('specifying resource version is not allowed when using continue');
  const snapshot =
    continuation === undefined
      ? await snapshotAt(operation, readRevision(query, limit !== undefined))
      : await continuedSnapshot(operation, continuation);

  const objects: StoredObject[] = [];
  let more = false;
  for (const object of snapshot.scan(range, continuation?.after)) {
    if (!selection.matches(object)) continue;
    if (objects.length === limit) {
      more = true;
      break;
    }
    objects.push(object);
  }
  const resourceVersion = String(snapshot.revision);
  const last = objects.at(-1);
  if (!more || last === undefined) return { objects, metadata: { resourceVersion } };
  const next = encodeContinue({ revision: snapshot.revision, after: last.key });
  // With a selector nobody knows what remains without looking at all of it.
  const remaining = selection.everything ? { remainingItemCount: snapshot.count(range, last.key) } : {};
  return { objects, metadata: { resourceVersion, continue: next, ...remaining } };
}

async function continuedSnapshot(operation: Operation, continuation: Continuation): Promise<Snapshot> {
  const { store } = operation.server.options;
  if (continuation.revision === 0) return snapshotAt(operation, { kind: 'current' });
  await waitForRevision(operation, continuation.revision);
  try {
    return store.snapshot(continuation.revision);
  } catch (error) {
    if (error instanceof CompactedError) throw expiredContinue(continuation);
    throw error;
  }
}

/** 410 with a token that goes on at the current state, for clients that prefer an inconsistent rest to a new list. */
function expiredContinue(continuation: Continuation): ApiError {
  const error = new ApiError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list.',
  );
  error.status.metadata = { continue: encodeContinue({ revision: 0 as Revision, after: continuation.after }) };
  return error;
}

function parseLimit(text: string | null): number | undefined {
  if (text === null || text === '' || text === '0') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequestError(`Invalid value: ${JSON.stringify(text)}: limit must be a number`);
  return Number(text);
}

function encodeContinue({ revision, after }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: 'quorate/v1', rv: revision, after })).toString('base64url');
}

/** The token comes back from a client: it may only name a key within the list it is used for. */
function parseContinue(token: string, prefix: string): Continuation {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null && 'rv' in value && 'after' in value) {
      const { rv, after } = value;
      if (
        typeof rv === 'number' &&
        Number.isSafeInteger(rv) &&
        rv >= 0 &&
        typeof after === 'string' &&
        after.startsWith(prefix)
      )
        return { revision: rv as Revision, after: after as StoreKey };
    }
  } catch {
    // Not ours: told below.
  }
  throw badRequestError('continue key is not valid');
}
