// Watch events on the wire. An event is encoded once for each form that it is asked for in, however many watch it.
import type { Status } from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';
import type { StoredObject, WatchEvent } from '../../store/index.ts';
import type { Shape } from '../handlers/shape.ts';
import type { EventType } from './framing.ts';

const TYPES: Readonly<Record<WatchEvent['type'], EventType>> = {
  added: 'ADDED',
  modified: 'MODIFIED',
  deleted: 'DELETED',
};

/** The last encoding of each version, by shape: watchers of one event all ask within the same turn. */
const encodedBy = oncePer(
  (_shape: Shape) => new WeakMap<StoredObject, { readonly type: EventType; readonly bytes: Uint8Array }>(),
);

export function encodeEvent(event: Pick<WatchEvent, 'type' | 'object'>, shape: Shape): Uint8Array {
  const type = TYPES[event.type];
  // Other shapes differ by watcher.
  if (!shape.isShared) return shape.framing.event(type, shape.object(event.object));
  const encoded = encodedBy(shape);
  const known = encoded.get(event.object);
  if (known?.type === type) return known.bytes;
  const bytes = shape.framing.event(type, shape.object(event.object));
  encoded.set(event.object, { type, bytes });
  return bytes;
}

/** The encodings of each batch in shared shapes: watchers that see the same are given the same. */
const encodedBatches = new WeakMap<readonly WatchEvent[], Map<Shape, readonly Uint8Array[]>>();

/** One encoding for each event of a batch, which nobody changes. */
export function encodeEvents(batch: readonly WatchEvent[], shape: Shape): readonly Uint8Array[] {
  if (!shape.isShared) return batch.map((event) => encodeEvent(event, shape));
  const encoded = encodedBatches.get(batch) ?? new Map<Shape, readonly Uint8Array[]>();
  const known = encoded.get(shape);
  if (known !== undefined) return known;
  const events = batch.map((event) => encodeEvent(event, shape));
  encodedBatches.set(batch, encoded.set(shape, events));
  return events;
}

export function encodeBookmark(shape: Shape, resourceVersion: string, initialEventsEnd: boolean): Uint8Array {
  return shape.framing.event('BOOKMARK', shape.bookmark(resourceVersion, initialEventsEnd));
}

export function encodeError(shape: Shape, status: Status): Uint8Array {
  return shape.framing.event('ERROR', shape.framing.status(status));
}
