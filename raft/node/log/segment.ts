// Segments: the files the log consists of, numbered from 1. A segment is allocated ahead of its content with zeroes,
// so its end is where no record was written; it is never overwritten, only cut or removed whole.
import { assert } from '../../../src/lib/index.ts';
import type { Disk } from '../ports.ts';
import { decodeRecord, type FramedRecord } from './record.ts';

const SEGMENT_NAME = /^(\d{12})\.segment$/;

export function segmentFile(number: number): string {
  return `${String(number).padStart(12, '0')}.segment`;
}

/** The number of a segment's file, or undefined for a file of another name. */
export function segmentNumber(name: string): number | undefined {
  const digits = SEGMENT_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Where a segment's intact records end, and what is there: nothing, or something that is no record. */
export interface SegmentEnd {
  readonly offset: number;
  readonly sizeBytes: number;
  /** undefined when the rest of the file is blank. */
  readonly found: string | undefined;
}

/** The place in the chain that the next record must have. */
export interface ChainPlace {
  readonly sequence: number;
  readonly checksum: number;
}

/**
 * Reads a segment from its beginning and hands each record that is intact and in its place to `visit`, which may say
 * that its content cannot be true. Stops at the first that is not. The data of entries points into the file's bytes.
 */
export function scanSegment(
  bytes: Uint8Array,
  start: ChainPlace,
  visit: (framed: FramedRecord) => string | undefined,
): SegmentEnd {
  let offset = 0;
  let { sequence, checksum } = start;
  const end = (found: string | undefined): SegmentEnd => ({ offset, sizeBytes: bytes.byteLength, found });
  for (;;) {
    const result = decodeRecord(bytes, offset);
    if (result.kind === 'blank') return end(isBlank(bytes, offset) ? undefined : 'a gap of zeroes before other bytes');
    if (result.kind === 'bad') return end(result.found);
    const { framed } = result;
    if (framed.previousChecksum !== checksum || framed.sequence !== sequence + 1)
      return end('a record that does not follow its predecessor');
    const objection = visit(framed);
    if (objection !== undefined) return end(objection);
    offset += framed.lengthBytes;
    sequence = framed.sequence;
    checksum = framed.checksum;
  }
}

/** A file's bytes, all of them. */
export function readWhole(disk: Disk, name: string): Uint8Array {
  const file = disk.open(name, 'existing');
  try {
    const size = file.size();
    const bytes = file.read(0, size);
    assert(bytes.byteLength === size, `${name} is read in full`);
    return bytes;
  } finally {
    file.close();
  }
}

function isBlank(bytes: Uint8Array, from: number): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at < buffer.length; at += ZEROES.length) {
    const end = Math.min(buffer.length, at + ZEROES.length);
    if (buffer.compare(ZEROES, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}
const ZEROES = Buffer.alloc(64 * 1024);
