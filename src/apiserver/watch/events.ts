// Watch events on the wire. An event of an object in its stored form is encoded once, however many watch it.
import type { Status } from '../../api/index.ts';
import type { StoredObject, WatchEvent } from '../../store/index.ts';
import type { Shape } from '../handlers/shape.ts';

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

const TYPES: Readonly<Record<WatchEvent['type'], EventType>> = {
  added: 'ADDED',
  modified: 'MODIFIED',
  deleted: 'DELETED',
};

const TAIL = Buffer.from('}\n');
const HEADS: Readonly<Record<EventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

/** The last encoding of each version: watchers of one event all ask within the same turn. */
const encoded = new WeakMap<StoredObject, { readonly type: EventType; readonly line: Buffer }>();

export function encodeEvent(event: Pick<WatchEvent, 'type' | 'object'>, shape: Shape): Uint8Array {
  const type = TYPES[event.type];
  // Only verbatim bytes are shared: other shapes differ by watcher.
  if (!shape.verbatim(event.object)) return line(type, shape.object(event.object));
  const known = encoded.get(event.object);
  if (known?.type === type) return known.line;
  const made = line(type, event.object.bytes);
  encoded.set(event.object, { type, line: made });
  return made;
}

/** The last encoding of each batch: watchers that see the same are given it one after another. */
const encodedBatches = new WeakMap<
  readonly WatchEvent[],
  { readonly shape: Shape; readonly lines: readonly Uint8Array[] }
>();

/** One line for each event of a batch, which nobody changes. */
export function encodeEvents(batch: readonly WatchEvent[], shape: Shape): readonly Uint8Array[] {
  const known = encodedBatches.get(batch);
  if (known?.shape === shape) return known.lines;
  const lines = batch.map((event) => encodeEvent(event, shape));
  encodedBatches.set(batch, { shape, lines });
  return lines;
}

function line(type: EventType, json: Uint8Array): Buffer {
  return Buffer.concat([HEADS[type], json, TAIL]);
}

export function encodeBookmark(shape: Shape, resourceVersion: string, initialEventsEnd: boolean): Uint8Array {
  return Buffer.from(`{"type":"BOOKMARK","object":${shape.bookmark(resourceVersion, initialEventsEnd)}}\n`);
}

export function encodeError(status: Status): Uint8Array {
  return Buffer.from(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`);
}
