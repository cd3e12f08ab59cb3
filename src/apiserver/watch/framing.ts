// What an event of a watch is on the wire: a line of JSON, or a message of protobuf behind its length.
import { encodeFrame, encodeProtobuf, FRAME_PREFIX_BYTES, type Status } from '../../api/index.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

export interface EventFraming {
  /** One event of an encoded object. Events may be strung together. */
  event(type: EventType, object: Uint8Array): Uint8Array;
  /** The object of an ERROR event. */
  status(status: Status): Uint8Array;
  /** What a WebSocket sends as a message of text; bytes otherwise. */
  readonly isText: boolean;
  /** So much of an event only tells it from the next one: messages of a WebSocket go without. */
  readonly prefixBytes: number;
}

const TAIL = Buffer.from('}\n');
const heads = new Map<EventType, Buffer>();

function headOf(type: EventType): Buffer {
  const known = heads.get(type);
  if (known !== undefined) return known;
  const head = Buffer.from(`{"type":"${type}","object":`);
  heads.set(type, head);
  return head;
}

export const JSON_LINES: EventFraming = {
  event: (type, object) => Buffer.concat([headOf(type), object, TAIL]),
  status: (status) => Buffer.from(JSON.stringify(status)),
  isText: true,
  prefixBytes: 0,
};

export const PROTOBUF_FRAMES: EventFraming = {
  event: encodeFrame,
  status: encodeProtobuf,
  isText: false,
  prefixBytes: FRAME_PREFIX_BYTES,
};
