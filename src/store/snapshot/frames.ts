// What the two ends of a snapshot's transfer say to each other. The receiver pulls: it asks for one chunk at a time, so
// neither end holds more than one, the slower of them sets the pace, and a frame that is lost is asked for again.
//
// A frame is: format u8 | msgpack of a list that begins with the kind's number. A chunk's records carry a checksum.
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import type { LogIndex, SnapshotPosition } from '../../../raft/core/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { KeyValueEntry } from '../state/key-value.ts';
import { type PackedPosition, packPosition, unpackPosition } from '../state/slots.ts';

const FRAME_FORMAT = 1;

export type SnapshotFrame =
  /** Sender: there is a snapshot for you, of so many records. Repeated until the first question. */
  | { readonly kind: 'offer'; readonly transfer: string; readonly snapshot: SnapshotPosition; readonly records: number }
  /** Receiver: chunk `number`, please, for everything before is durable here. */
  | { readonly kind: 'ask'; readonly transfer: string; readonly number: number }
  | {
      readonly kind: 'chunk';
      readonly transfer: string;
      readonly number: number;
      readonly isLast: boolean;
      readonly records: readonly KeyValueEntry[];
    }
  /** Receiver: all is here; it is being verified and installed. */
  | { readonly kind: 'busy'; readonly transfer: string }
  /** Receiver: the state up to `index` is durable here. */
  | { readonly kind: 'done'; readonly transfer: string; readonly index: LogIndex }
  /** Either end has given up this transfer, or never heard of it. */
  | { readonly kind: 'gone'; readonly transfer: string }
  /** A member whose state is lost: a state at `index` or above, please. Repeated until an offer comes. */
  | { readonly kind: 'want'; readonly transfer: string; readonly index: LogIndex };

const KINDS = [
  'offer',
  'ask',
  'chunk',
  'busy',
  'done',
  'gone',
  'want',
] as const satisfies readonly SnapshotFrame['kind'][];
const packr = new Packr({ useRecords: false, copyBuffers: true });

/** In memory of its own, which may be given away. */
export function encodeSnapshotFrame(frame: SnapshotFrame): Uint8Array<ArrayBuffer> {
  const packed = packr.pack([KINDS.indexOf(frame.kind), frame.transfer, ...bodyOf(frame)]);
  const bytes = new Uint8Array(1 + packed.byteLength);
  bytes[0] = FRAME_FORMAT;
  bytes.set(packed, 1);
  return bytes;
}

function bodyOf(frame: SnapshotFrame): readonly unknown[] {
  switch (frame.kind) {
    case 'offer':
      return [packPosition(frame.snapshot), frame.records];
    case 'ask':
      return [frame.number];
    case 'chunk': {
      const records = packr.pack(frame.records.flatMap(({ key, value }) => [key, value]));
      return [frame.number, frame.isLast, crc32(records), records];
    }
    case 'done':
    case 'want':
      return [frame.index];
    case 'busy':
    case 'gone':
      return [];
    default:
      return unreachable(frame);
  }
}

/** undefined for what is of another version, or damaged on its way: as good as lost. */
export function decodeSnapshotFrame(bytes: Uint8Array): SnapshotFrame | undefined {
  if (bytes[0] !== FRAME_FORMAT) return undefined;
  try {
    const [code, transfer, ...body] = packr.unpack(bytes.subarray(1)) as [number, string, ...unknown[]];
    const kind = KINDS[code];
    return kind === undefined || typeof transfer !== 'string' ? undefined : frameOf(kind, transfer, body);
  } catch {
    // Not msgpack.
    return undefined;
  }
}

function frameOf(kind: SnapshotFrame['kind'], transfer: string, body: readonly unknown[]): SnapshotFrame | undefined {
  switch (kind) {
    case 'offer': {
      const [position, records] = body as [PackedPosition, number];
      return { kind, transfer, snapshot: unpackPosition(position), records };
    }
    case 'ask':
      return { kind, transfer, number: body[0] as number };
    case 'chunk': {
      const [number, isLast, checksum, packed] = body as [number, boolean, number, Uint8Array];
      if (crc32(packed) !== checksum) return undefined;
      const flat = packr.unpack(packed) as readonly Uint8Array[];
      const records: KeyValueEntry[] = [];
      for (let i = 0; i + 1 < flat.length; i += 2)
        records.push({ key: flat[i] as Uint8Array, value: flat[i + 1] as Uint8Array });
      return { kind, transfer, number, isLast, records };
    }
    case 'done':
    case 'want':
      return { kind, transfer, index: body[0] as LogIndex };
    case 'busy':
    case 'gone':
      return { kind, transfer };
    default:
      return unreachable(kind);
  }
}
