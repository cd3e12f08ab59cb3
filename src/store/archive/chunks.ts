// Chunks: what archives and the stream of a running server's state consist of.
//
//   crc32 u32 | kind u8 | zero u24 | number u32 | payload bytes u32 | payload        (little endian)
//
// The checksum covers everything after it. Numbers count from 0, so that no chunk can be lost, repeated or exchanged
// unseen; the last chunk of a stream is of kind `end`, so that its end is told from a cut.
import { crc32 } from 'node:zlib';
import { UserError } from '../../lib/index.ts';
import { ARCHIVE_CHUNK_LIMIT_BYTES } from '../limits.ts';
import type { ByteReader } from './byte-reader.ts';

const HEADER_BYTES = 16;
const KINDS = ['manifest', 'file', 'records', 'end'] as const;

export type ChunkKind = (typeof KINDS)[number];

export interface Chunk {
  readonly kind: ChunkKind;
  readonly payload: Buffer;
  /** Where it begins in its stream. */
  readonly offset: number;
}

/** An archive, or a stream of a state, that is not as it was written. Says where. */
export class ArchiveDamageError extends UserError {
  /** Where in the stream, in bytes. */
  readonly offset: number;
  readonly found: string;

  constructor(offset: number, found: string) {
    super(
      `it is damaged at byte ${offset}: ${found}`,
      'Nothing of it can be trusted: use another copy, or another archive.',
    );
    this.offset = offset;
    this.found = found;
  }
}

export function encodeChunk(kind: ChunkKind, number: number, payload: Uint8Array): Buffer {
  const chunk = Buffer.alloc(HEADER_BYTES + payload.byteLength);
  chunk.writeUInt8(KINDS.indexOf(kind) + 1, 4);
  chunk.writeUInt32LE(number, 8);
  chunk.writeUInt32LE(payload.byteLength, 12);
  chunk.set(payload, HEADER_BYTES);
  chunk.writeUInt32LE(crc32(chunk.subarray(4)), 0);
  return chunk;
}

/** Reads the chunk that must have this number. Throws ArchiveDamageError. */
export async function readChunk(reader: ByteReader, number: number): Promise<Chunk> {
  const { offset } = reader;
  const damage = (found: string): ArchiveDamageError => new ArchiveDamageError(offset, `chunk ${number}: ${found}`);
  const header = await reader.read(HEADER_BYTES);
  if (header.length < HEADER_BYTES)
    throw damage(header.length === 0 ? 'it is missing: the end is cut off' : 'cut short');
  const length = header.readUInt32LE(12);
  if (length > ARCHIVE_CHUNK_LIMIT_BYTES) throw damage(`an impossible length of ${length} bytes`);
  const payload = await reader.read(length);
  if (payload.length < length) throw damage(`${payload.length} of its ${length} bytes are there`);
  if (crc32(payload, crc32(header.subarray(4))) !== header.readUInt32LE(0)) throw damage('its checksum is wrong');
  if (header.readUInt32LE(8) !== number) throw damage(`chunk ${header.readUInt32LE(8)} is in its place`);
  const kind = KINDS[header.readUInt8(4) - 1];
  if (kind === undefined) throw damage(`it is of kind ${header.readUInt8(4)}, which is not known here`);
  return { kind, payload, offset };
}
