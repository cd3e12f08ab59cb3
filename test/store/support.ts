// Small things that the tests of the store share: objects to write, sinks that remember, and waiting without sleeping.
import { setMaxListeners } from 'node:events';
import {
  type Command,
  type CommitOutcome,
  type Envelope,
  type ObjectStore,
  type Revision,
  type StoredObject,
  type StoreKey,
  storeKey,
  type WatchEvent,
  type WatchSink,
} from '../../src/store/index.ts';

/** Never aborts; many may wait with it. */
export const NO_ABORT = new AbortController().signal;
setMaxListeners(0, NO_ABORT);

export const rev = (revision: number): Revision => revision as Revision;
export const pod = (name: string, namespace = 'default'): StoreKey => storeKey('pods', namespace, name);
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** An object as the API encodes it, with the empty resourceVersion that the revision's digits go into. */
export function envelope(value: string, labels: Record<string, string> = {}): Envelope {
  const bytes = Buffer.from(`{"metadata":{"resourceVersion":""},"data":${JSON.stringify(value)}}`);
  return {
    apiVersion: 'v1',
    schemaHash: 'schema',
    keyId: '',
    revisionOffset: bytes.indexOf('""') + 1,
    labels,
    fields: {},
    bytes,
  };
}

export function encoded(value: string, revision: number): string {
  return `{"metadata":{"resourceVersion":"${revision}"},"data":${JSON.stringify(value)}}`;
}

export function put(key: StoreKey, value: string, labels: Record<string, string> = {}): Command {
  return { conditions: [], writes: [{ kind: 'put', key, envelope: envelope(value, labels) }] };
}

export function remove(key: StoreKey): Command {
  return { conditions: [], writes: [{ kind: 'delete', key }] };
}

export async function committed(
  store: ObjectStore,
  command: Command,
): Promise<CommitOutcome & { readonly kind: 'committed' }> {
  const outcome = await store.commit(command, NO_ABORT);
  if (outcome.kind !== 'committed') throw new Error(`refused by condition ${outcome.failed}`);
  return outcome;
}

/** What a watcher was given, in a readable form. */
export class RecordingSink implements WatchSink {
  readonly seen: string[] = [];
  readonly events_: WatchEvent[] = [];
  readonly boundaries: number[] = [];
  readonly endings: string[] = [];

  events(batch: readonly WatchEvent[], upTo: Revision): void {
    for (const event of batch) {
      this.events_.push(event);
      this.seen.push(`${event.type} ${event.object.key} @${event.revision}`);
    }
    this.boundaries.push(upTo);
  }
  ended(reason: 'closed' | 'compacted'): void {
    this.endings.push(reason);
  }
}

/** Lets everything that waits for a turn happen until `holds`; fails after many turns. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 5000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`never happened: ${what}`);
}

export const keysOf = (objects: Iterable<StoredObject>): string[] => [...objects].map((object) => object.key);
