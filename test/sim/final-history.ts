// What the servers say at the end: all must have the same state, and tell the same history from its beginning.
import { createHash } from 'node:crypto';
import { defined } from '../../src/lib/index.ts';
import { type Revision, resourceRange, type WatchEvent } from '../../src/store/index.ts';
import { RESOURCE } from './clients.ts';
import type { Course } from './course.ts';
import { violation } from './raft-checks.ts';
import type { SimServer } from './server.ts';
import { SECOND } from './time.ts';

/** Ready, and at the same entry, which is the last of every log. */
export function areEqual(servers: readonly SimServer[]): boolean {
  const states = servers.map((server) => server.running);
  if (!states.every((state) => state?.ready === true && state.store.status().ready)) return false;
  const indexes = new Set(states.map((state) => state?.store.status().appliedIndex));
  const newest = Math.max(...states.map((state) => state?.consensus.status().lastIndex ?? 0));
  return indexes.size === 1 && indexes.has(newest);
}

export async function finalHistory(servers: readonly SimServer[], course: Course): Promise<readonly WatchEvent[]> {
  const stores = servers.map(({ running }) => defined(running, 'a running server').store);
  const hashes = new Set(stores.map((store) => store.stateHash()));
  if (hashes.size > 1) violation('state-machine safety: the states of the servers differ');
  const histories = stores.map((store) => {
    const events: WatchEvent[] = [];
    store.watch(
      { range: resourceRange(RESOURCE), from: 0 as Revision },
      { events: (batch) => events.push(...batch), ended() {} },
    );
    return { events, revision: store.snapshot().revision };
  });
  const isComplete = (): boolean => histories.every(({ events, revision }) => events.length >= revision);
  if (!(await course.until(5 * SECOND, isComplete))) violation('a watch from the beginning does not reach the present');
  const digests = new Set(histories.map(({ events }) => digestOf(events)));
  if (digests.size > 1) violation('watches: the histories of the servers differ');
  return defined(histories[0], 'a history').events;
}

function digestOf(events: readonly WatchEvent[]): string {
  const hash = createHash('sha256');
  for (const { type, revision, object } of events)
    hash.update(`${type} ${revision} ${object.key}\n`).update(object.bytes);
  return hash.digest('hex');
}
