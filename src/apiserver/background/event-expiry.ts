// Events expire EVENT_TTL_MS after they were created or last happened, whichever is later: what an event says of its time may
// be long ago. What is deleted is deleted on the condition that it is still as it was seen, so that an event that was just
// repeated stays.
import type { CoreEvent } from '../../api/index.ts';
import { type ObjectStore, resourceRange, type StoredObject, type StoreKey } from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import { EVENT_SWEEP_BATCH, EVENT_TTL_MS } from '../limits.ts';
import { fromStored } from '../storage/codec.ts';

/** When an event last happened, by revision: an event is parsed once in its life. */
const lastSeen = new WeakMap<StoredObject, number>();

export async function sweepEvents(server: ServerContext, signal: AbortSignal): Promise<void> {
  const { store, clock } = server.options;
  const beforeMs = clock.now() - EVENT_TTL_MS;
  let after: StoreKey | undefined;
  for (;;) {
    const batch: StoredObject[] = [];
    for (const stored of store.snapshot().scan(resourceRange('events'), after)) {
      after = stored.key;
      if (seenMs(stored) < beforeMs) batch.push(stored);
      if (batch.length === EVENT_SWEEP_BATCH) break;
    }
    await deleteAsSeen(store, batch, signal);
    if (batch.length < EVENT_SWEEP_BATCH || signal.aborted) return;
  }
}

/** One command for all; when one has moved, one for each, so that a busy event does not keep the others. */
async function deleteAsSeen(store: ObjectStore, batch: readonly StoredObject[], signal: AbortSignal): Promise<void> {
  if (batch.length === 0) return;
  const outcome = await store.commit(
    {
      conditions: batch.map(({ key, revision }) => ({ kind: 'revision', key, revision })),
      writes: batch.map(({ key }) => ({ kind: 'delete', key })),
    },
    signal,
  );
  if (outcome.kind === 'committed' || batch.length === 1) return;
  for (const stored of batch) await deleteAsSeen(store, [stored], signal);
}

function seenMs(stored: StoredObject): number {
  const known = lastSeen.get(stored);
  if (known !== undefined) return known;
  const { series, lastTimestamp, eventTime, metadata } = fromStored<CoreEvent>(stored);
  const happened = series?.lastObservedTime ?? lastTimestamp ?? eventTime;
  const times = [happened, metadata?.creationTimestamp].map((text) => Date.parse(text ?? ''));
  const ms = Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
  lastSeen.set(stored, ms);
  return ms;
}
