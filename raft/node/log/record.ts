// The records of the log: what is appended to a segment, byte for byte. Each record carries the checksum of its
// predecessor, so that the records form a chain: none can be changed, lost or exchanged without being seen.
//
// Layout, little-endian: checksum (u32, of all that follows) · predecessor's checksum (u32) · payload length (u32) ·
// format (u8) · kind (u8) · zero (u16) · sequence (u64) · index (u64) · term (u64) · payload.
import { crc32 } from 'node:zlib';
import { UserError } from '../../../src/lib/index.ts';
import type { Entry, EntryKind, HardState, LogIndex, LogPosition, NodeId, Term } from '../../core/index.ts';
import { RECORD_PAYLOAD_LIMIT_BYTES } from '../limits.ts';

/** The format of most records. */
export const RECORD_FORMAT = 1;
/** Resets came later: a version that does not know them must not take them for damage. */
const RESET_FORMAT = 2;
export const RECORD_HEADER_BYTES = 40;
/** The chain before the first record of a log. */
export const CHAIN_START = 0;

export type LogRecord =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'hardState'; readonly hardState: HardState }
  /** Everything from `from` on is void; `previousTerm` is the term of the entry before it. */
  | { readonly kind: 'truncation'; readonly from: LogIndex; readonly previousTerm: Term }
  /** A snapshot took the place of everything before: the log begins anew after this position. */
  | { readonly kind: 'reset'; readonly position: LogPosition }
  /** The first record of a segment: all that a reader needs if older segments are gone. */
  | {
      readonly kind: 'segment';
      readonly number: number;
      readonly hardState: HardState;
      /** Where the log ended when the segment began. */
      readonly previous: LogPosition;
    };

/** A record with its place in the chain. */
export interface FramedRecord {
  readonly record: LogRecord;
  /** Counts all records ever written to this log, from 1. */
  readonly sequence: number;
  readonly previousChecksum: number;
  readonly checksum: number;
  readonly offset: number;
  /** Of the whole record. */
  readonly lengthBytes: number;
}

export type DecodeResult =
  | { readonly kind: 'record'; readonly framed: FramedRecord }
  /** Nothing was written here. */
  | { readonly kind: 'blank' }
  | { readonly kind: 'bad'; readonly found: string };

const KIND_CODES = { noop: 1, command: 2, membership: 3, hardState: 4, truncation: 5, segment: 6, reset: 7 } as const;
const ENTRY_KINDS: ReadonlyMap<number, EntryKind> = new Map([
  [KIND_CODES.noop, 'noop'],
  [KIND_CODES.command, 'command'],
  [KIND_CODES.membership, 'membership'],
]);
const HIGH = 0x1_0000_0000;
const EMPTY = new Uint8Array(0);
/** Before the vote in the payload of a segment record: its number and the term of the hard state. */
const SEGMENT_FIXED_BYTES = 16;

/** Records in one buffer of its own (so that it can be handed to another thread), chained to what came before. */
export interface EncodedRecords {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each record begins in `bytes`. */
  readonly offsets: readonly number[];
  readonly lastSequence: number;
  readonly lastChecksum: number;
}

/** Encodes `records` as numbers `lastSequence` + 1 and so on, the first chained to `lastChecksum`. */
export function encodeRecords(
  records: readonly LogRecord[],
  lastSequence: number,
  lastChecksum: number,
): EncodedRecords {
  const payloads = records.map(payloadOf);
  const total = payloads.reduce((sum, payload) => sum + RECORD_HEADER_BYTES + payload.byteLength, 0);
  const arrayBuffer = new ArrayBuffer(total);
  const bytes = Buffer.from(arrayBuffer);
  const offsets: number[] = [];
  let offset = 0;
  let sequence = lastSequence;
  let checksum = lastChecksum;
  records.forEach((record, position) => {
    const payload = payloads[position] ?? EMPTY;
    sequence += 1;
    offsets.push(offset);
    bytes.writeUInt32LE(checksum, offset + 4);
    bytes.writeUInt32LE(payload.byteLength, offset + 8);
    bytes.writeUInt8(record.kind === 'reset' ? RESET_FORMAT : RECORD_FORMAT, offset + 12);
    bytes.writeUInt8(codeOfRecord(record), offset + 13);
    writeUint53(bytes, sequence, offset + 16);
    const [index, term] = placeOf(record);
    writeUint53(bytes, index, offset + 24);
    writeUint53(bytes, term, offset + 32);
    bytes.set(payload, offset + RECORD_HEADER_BYTES);
    const end = offset + RECORD_HEADER_BYTES + payload.byteLength;
    checksum = crc32(bytes.subarray(offset + 4, end));
    bytes.writeUInt32LE(checksum, offset);
    offset = end;
  });
  return { bytes: new Uint8Array(arrayBuffer), offsets, lastSequence: sequence, lastChecksum: checksum };
}

/** How many bytes encodeRecords will take for `record`. */
export function encodedBytes(record: LogRecord): number {
  return RECORD_HEADER_BYTES + payloadOf(record).byteLength;
}

/**
 * Reads the record at `offset`. Its checksum is verified; its place in the chain is the caller's business.
 * Throws UserError when an intact record is of a newer format.
 */
export function decodeRecord(source: Uint8Array, offset: number): DecodeResult {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (offset >= bytes.length) return { kind: 'blank' };
  if (offset + RECORD_HEADER_BYTES > bytes.length)
    return isZero(bytes, offset, bytes.length) ? { kind: 'blank' } : bad('a record header cut short');
  if (isZero(bytes, offset, offset + RECORD_HEADER_BYTES)) return { kind: 'blank' };
  const payloadBytes = bytes.readUInt32LE(offset + 8);
  const end = offset + RECORD_HEADER_BYTES + payloadBytes;
  if (payloadBytes > RECORD_PAYLOAD_LIMIT_BYTES) return bad('a record with an impossible length');
  if (end > bytes.length) return bad('a record cut short');
  const checksum = bytes.readUInt32LE(offset);
  if (crc32(bytes.subarray(offset + 4, end)) !== checksum) return bad('a record with a wrong checksum');
  const format = bytes.readUInt8(offset + 12);
  if (format !== RECORD_FORMAT && format !== RESET_FORMAT) throw newerFormat(format);
  const record = recordOf(bytes, offset, end);
  if (record === undefined) return bad('a record of an unknown kind');
  return {
    kind: 'record',
    framed: {
      record,
      sequence: readUint53(bytes, offset + 16),
      previousChecksum: bytes.readUInt32LE(offset + 4),
      checksum,
      offset,
      lengthBytes: end - offset,
    },
  };
}

/** Writes a whole number below 2^53 as 8 bytes, little-endian. */
export function writeUint53(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32LE(value % HIGH, offset);
  bytes.writeUInt32LE(Math.floor(value / HIGH), offset + 4);
}

export function readUint53(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 4) * HIGH + bytes.readUInt32LE(offset);
}

function newerFormat(format: number): UserError {
  return new UserError(
    `the Raft log was written in format ${format}, and this version reads up to format ${RESET_FORMAT}`,
    'Start the version of quorate that wrote it, or a newer one.',
  );
}

function codeOfRecord(record: LogRecord): number {
  return record.kind === 'entry' ? KIND_CODES[record.entry.kind] : KIND_CODES[record.kind];
}

/** What a record puts in its index and term fields. */
function placeOf(record: LogRecord): readonly [index: number, term: number] {
  switch (record.kind) {
    case 'entry':
      return [record.entry.index, record.entry.term];
    case 'hardState':
      return [0, record.hardState.term];
    case 'truncation':
      return [record.from, record.previousTerm];
    case 'reset':
      return [record.position.index, record.position.term];
    case 'segment':
      return [record.previous.index, record.previous.term];
  }
}

function payloadOf(record: LogRecord): Uint8Array {
  switch (record.kind) {
    case 'entry':
      return record.entry.data;
    case 'hardState':
      return Buffer.from(record.hardState.votedFor ?? '', 'utf8');
    case 'truncation':
    case 'reset':
      return EMPTY;
    case 'segment': {
      const vote = Buffer.from(record.hardState.votedFor ?? '', 'utf8');
      const payload = Buffer.alloc(SEGMENT_FIXED_BYTES + vote.length);
      writeUint53(payload, record.number, 0);
      writeUint53(payload, record.hardState.term, 8);
      payload.set(vote, SEGMENT_FIXED_BYTES);
      return payload;
    }
  }
}

function recordOf(bytes: Buffer, offset: number, end: number): LogRecord | undefined {
  const code = bytes.readUInt8(offset + 13);
  const index = readUint53(bytes, offset + 24) as LogIndex;
  const term = readUint53(bytes, offset + 32) as Term;
  const payload = bytes.subarray(offset + RECORD_HEADER_BYTES, end);
  const entryKind = ENTRY_KINDS.get(code);
  if (entryKind !== undefined) return { kind: 'entry', entry: { index, term, kind: entryKind, data: payload } };
  switch (code) {
    case KIND_CODES.hardState:
      return { kind: 'hardState', hardState: { term, votedFor: voteOf(payload) } };
    case KIND_CODES.truncation:
      return { kind: 'truncation', from: index, previousTerm: term };
    case KIND_CODES.reset:
      return { kind: 'reset', position: { index, term } };
    case KIND_CODES.segment:
      if (payload.length < SEGMENT_FIXED_BYTES) return undefined;
      return {
        kind: 'segment',
        number: readUint53(payload, 0),
        hardState: {
          term: readUint53(payload, 8) as Term,
          votedFor: voteOf(payload.subarray(SEGMENT_FIXED_BYTES)),
        },
        previous: { index, term },
      };
    default:
      return undefined;
  }
}

function voteOf(payload: Buffer): NodeId | undefined {
  return payload.length === 0 ? undefined : (payload.toString('utf8') as NodeId);
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}

function bad(found: string): DecodeResult {
  return { kind: 'bad', found };
}
