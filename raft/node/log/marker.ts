// The marker: a small file beside the segments that says how far the log is durable. It tells a torn tail (beyond the
// marker, never acknowledged, cut) from damage (promised by the marker, and not there).
//
// Two slots are written alternately and in place, so that a torn write leaves the other one. A slot is written only
// after the segment is durable, and a batch is acknowledged only after its slot is: the marker never promises too much.
import { crc32 } from 'node:zlib';
import { assert, UserError } from '../../../src/lib/index.ts';
import type { HardState, LogIndex, LogPosition, NodeId, Term } from '../../core/index.ts';
import { ID_LIMIT_BYTES } from '../limits.ts';
import { readUint53, writeUint53 } from './record.ts';

export const MARKER_FILE = 'marker';
const MARKER_FORMAT = 1;
/** A slot fits one sector; the slots are a page apart, so that no torn page can take both. */
const SLOT_BYTES = 512;
const SLOT_DISTANCE_BYTES = 4096;
export const MARKER_BYTES = 2 * SLOT_DISTANCE_BYTES;
const VOTE_OFFSET = 80;

export interface Marker {
  /** Rises by one with each write; its parity chooses the slot. */
  readonly sequence: number;
  readonly hardState: HardState;
  /** The last entry of the durable log. */
  readonly last: LogPosition;
  /** The durable log holds all records up to this one, whose checksum is `recordChecksum`. */
  readonly recordSequence: number;
  readonly recordChecksum: number;
  /** The oldest segment that must be there. */
  readonly firstSegment: number;
}

/** The bytes of a slot and where they belong. Layout in the code: checksum first, fixed fields, the vote last. */
export function encodeMarker(marker: Marker): { position: number; bytes: Uint8Array<ArrayBuffer> } {
  const arrayBuffer = new ArrayBuffer(SLOT_BYTES);
  const slot = Buffer.from(arrayBuffer);
  const vote = Buffer.from(marker.hardState.votedFor ?? '', 'utf8');
  assert(vote.length <= ID_LIMIT_BYTES, 'a member id fits the marker');
  slot.writeUInt32LE(MARKER_FORMAT, 4);
  writeUint53(slot, marker.sequence, 8);
  writeUint53(slot, marker.hardState.term, 16);
  writeUint53(slot, marker.last.index, 24);
  writeUint53(slot, marker.last.term, 32);
  writeUint53(slot, marker.recordSequence, 40);
  writeUint53(slot, marker.firstSegment, 48);
  slot.writeUInt32LE(marker.recordChecksum, 56);
  slot.writeUInt32LE(vote.length, 60);
  slot.set(vote, VOTE_OFFSET);
  slot.writeUInt32LE(crc32(slot.subarray(4)), 0);
  return { position: (marker.sequence % 2) * SLOT_DISTANCE_BYTES, bytes: new Uint8Array(arrayBuffer) };
}

/** The newest intact slot of a marker file, or undefined when neither is. Throws UserError for a newer format. */
export function decodeMarker(file: Uint8Array): Marker | undefined {
  return slotsOf(file).reduce((newest, slot) => {
    if (slot === undefined || (newest !== undefined && newest.sequence > slot.sequence)) return newest;
    return slot;
  }, undefined);
}

/**
 * Whether a marker file holds both of the newest slots, so that the newer is the newest there ever was. With one of them gone
 * it is not known which: a torn write of the newest, never acknowledged, and the loss of an acknowledged one look alike.
 */
export function isWholeMarker(file: Uint8Array): boolean {
  const [first, second] = slotsOf(file);
  return first !== undefined && second !== undefined && Math.abs(first.sequence - second.sequence) === 1;
}

function slotsOf(file: Uint8Array): readonly (Marker | undefined)[] {
  return [0, SLOT_DISTANCE_BYTES].map((position) => decodeSlot(file.subarray(position, position + SLOT_BYTES)));
}

function decodeSlot(source: Uint8Array): Marker | undefined {
  if (source.byteLength < SLOT_BYTES) return undefined;
  const slot = Buffer.from(source.buffer, source.byteOffset, SLOT_BYTES);
  if (crc32(slot.subarray(4)) !== slot.readUInt32LE(0)) return undefined;
  const format = slot.readUInt32LE(4);
  if (format !== MARKER_FORMAT) {
    throw new UserError(
      `the Raft log's marker was written in format ${format}, and this version reads format ${MARKER_FORMAT}`,
      'Start the version of quorate that wrote it, or a newer one.',
    );
  }
  const vote = slot.subarray(VOTE_OFFSET, VOTE_OFFSET + slot.readUInt32LE(60)).toString('utf8');
  return {
    sequence: readUint53(slot, 8),
    hardState: { term: readUint53(slot, 16) as Term, votedFor: vote === '' ? undefined : (vote as NodeId) },
    last: { index: readUint53(slot, 24) as LogIndex, term: readUint53(slot, 32) as Term },
    recordSequence: readUint53(slot, 40),
    recordChecksum: slot.readUInt32LE(56),
    firstSegment: readUint53(slot, 48),
  };
}
