// The archive of a cluster (docs/snapshot-format.md): a state with everything that a new cluster needs to serve it.
//
//   magic 8 bytes | format u32 | chunks: manifest, files, records, end | SHA-256 of everything before
//
// It is written and read as a stream. Reading believes nothing: a bit changed anywhere, or a byte missing, is found.
import { createHash, type Hash } from 'node:crypto';
import { Packr } from 'msgpackr';
import { UserError } from '../../lib/index.ts';
import { StateDamageError } from '../state/damage.ts';
import type { KeyValueEntry } from '../state/key-value.ts';
import { type Loaded, loadState } from '../state/load.ts';
import type { StateMachine } from '../state-machine.ts';
import { ByteReader } from './byte-reader.ts';
import { ArchiveDamageError, type Chunk, encodeChunk, readChunk } from './chunks.ts';
import { packRecords, type StateRecords, streamedKeyValue, unpackRecords } from './records.ts';

/** The line break tells a transfer as text, which changes it, from one as it is. */
const MAGIC = Buffer.from('QRSNAP\r\n', 'latin1');
export const ARCHIVE_FORMAT = 1;
const DIGEST_BYTES = 32;

const packr = new Packr({ useRecords: false, copyBuffers: true });

/** A file that belongs to the cluster: a key, a certificate, the tokens. */
export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ArchiveParts<Manifest> {
  /** What the cluster is: plain data, kept as JSON. */
  readonly manifest: Manifest;
  readonly files: readonly ArchivedFile[];
  /** Of the state database, in the order of their keys. */
  readonly records: StateRecords;
  /** Called with the records written so far. */
  readonly progress?: (records: number) => void;
}

/** An archive that was read to its end and verified. */
export interface Archive {
  readonly manifest: unknown;
  readonly files: readonly ArchivedFile[];
  /** The state that the records give. */
  readonly machine: StateMachine;
  readonly appliedIndex: number;
  readonly appliedTerm: number | undefined;
  readonly records: number;
  readonly bytes: number;
  /** SHA-256 over everything, in hexadecimal. */
  readonly digest: string;
}

interface End {
  readonly files: number;
  readonly records: number;
}

/** The bytes of an archive, one chunk at a time. */
export async function* writeArchive<Manifest>(parts: ArchiveParts<Manifest>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const hashed = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    return bytes;
  };
  let number = 0;
  const chunk = (kind: Chunk['kind'], payload: Uint8Array): Buffer => {
    number += 1;
    return hashed(encodeChunk(kind, number - 1, payload));
  };
  const head = Buffer.alloc(MAGIC.length + 4);
  head.set(MAGIC);
  head.writeUInt32LE(ARCHIVE_FORMAT, MAGIC.length);
  yield hashed(head);
  yield chunk('manifest', Buffer.from(JSON.stringify(parts.manifest), 'utf8'));
  for (const { name, bytes } of parts.files) yield chunk('file', packr.pack([name, bytes]));
  let records = 0;
  for await (const { payload, count } of packRecords(parts.records)) {
    yield chunk('records', payload);
    records += count;
    parts.progress?.(records);
  }
  const end: End = { files: parts.files.length, records };
  yield chunk('end', Buffer.from(JSON.stringify(end), 'utf8'));
  yield hash.digest();
}

/**
 * Reads an archive to its end and verifies all of it: checksums, digest, counts, and that the records give the state that
 * they say. Throws ArchiveDamageError, StateDamageError, and UserError for what is no archive or a newer one.
 */
export async function readArchive(source: AsyncIterable<Uint8Array>): Promise<Archive> {
  const reading = new ArchiveReading(source);
  await reading.head();
  const manifest = await reading.manifest();
  const files = await reading.files();
  const loaded = await loadRecords(reading);
  const { records, digest } = await reading.finish();
  return { manifest, files, ...loaded, records, bytes: reading.offset, digest };
}

/** The state that the records give; they are verified like those of a state that a server loads. */
async function loadRecords(reading: ArchiveReading): Promise<Loaded> {
  const nobody = { stored: () => {}, dropped: () => {}, session: () => {} };
  try {
    return await loadState(streamedKeyValue(reading.records()), nobody);
  } catch (error) {
    if (error instanceof StateDamageError) throw new ArchiveDamageError(reading.offset, error.message);
    throw error;
  }
}

/** One pass through an archive; each part must be taken before the next. */
class ArchiveReading {
  readonly #hash: Hash = createHash('sha256');
  readonly #reader: ByteReader;
  #hashing = true;
  #number = 0;
  #ahead: Chunk | undefined;
  #files = 0;
  #records = 0;
  #lastKey: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#reader = new ByteReader(source, (bytes) => {
      if (this.#hashing) this.#hash.update(bytes);
    });
  }

  get offset(): number {
    return this.#reader.offset;
  }

  async head(): Promise<void> {
    const head = await this.#reader.read(MAGIC.length + 4);
    if (head.length < MAGIC.length + 4 || !head.subarray(0, MAGIC.length).equals(MAGIC))
      throw new UserError(
        'it is no archive of quorate (or damaged at byte 0: it does not begin like one)',
        'Give a file that `quorate snapshot save` wrote.',
      );
    const format = head.readUInt32LE(MAGIC.length);
    if (format !== ARCHIVE_FORMAT)
      throw new UserError(
        `it is of format ${format}, and this version reads format ${ARCHIVE_FORMAT} (or it is damaged at byte ${MAGIC.length})`,
        'Use the version of quorate that wrote it, or a newer one.',
      );
  }

  async manifest(): Promise<unknown> {
    const { kind, payload, offset } = await this.#next();
    if (kind !== 'manifest')
      throw new ArchiveDamageError(offset, `a chunk of kind ${kind} where the manifest should be`);
    return parseJson(payload, offset);
  }

  async files(): Promise<readonly ArchivedFile[]> {
    const files: ArchivedFile[] = [];
    for (;;) {
      const chunk = await this.#next();
      if (chunk.kind !== 'file') {
        this.#ahead = chunk;
        this.#files = files.length;
        return files;
      }
      files.push(fileOf(chunk));
    }
  }

  async *records(): AsyncGenerator<KeyValueEntry> {
    for (;;) {
      const chunk = await this.#next();
      if (chunk.kind !== 'records') {
        this.#ahead = chunk;
        return;
      }
      for (const record of unpackRecords(chunk.payload, chunk.offset)) {
        if (Buffer.compare(record.key, this.#lastKey) <= 0)
          throw new ArchiveDamageError(chunk.offset, 'records out of order');
        this.#lastKey = record.key;
        this.#records += 1;
        yield record;
      }
    }
  }

  /** The counts and the digest. */
  async finish(): Promise<{ records: number; digest: string }> {
    const { kind, payload, offset } = await this.#next();
    if (kind !== 'end') throw new ArchiveDamageError(offset, `a chunk of kind ${kind} where the end should be`);
    const end = parseJson(payload, offset) as End;
    if (end.files !== this.#files || end.records !== this.#records)
      throw new ArchiveDamageError(
        offset,
        `${this.#files} files and ${this.#records} records are there, and ${end.files} and ${end.records} were written`,
      );
    const at = this.offset;
    this.#hashing = false;
    const expected = this.#hash.digest();
    const digest = await this.#reader.read(DIGEST_BYTES);
    if (digest.length < DIGEST_BYTES) throw new ArchiveDamageError(at, 'its digest is cut off');
    if (!digest.equals(expected)) throw new ArchiveDamageError(at, 'its digest is not that of its content');
    if ((await this.#reader.read(1)).length > 0)
      throw new ArchiveDamageError(at + DIGEST_BYTES, 'something follows its end');
    return { records: this.#records, digest: digest.toString('hex') };
  }

  async #next(): Promise<Chunk> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined) return ahead;
    const chunk = await readChunk(this.#reader, this.#number);
    this.#number += 1;
    return chunk;
  }
}

function fileOf({ payload, offset }: Chunk): ArchivedFile {
  try {
    const [name, bytes] = packr.unpack(payload) as readonly unknown[];
    if (typeof name === 'string' && bytes instanceof Uint8Array) return { name, bytes };
  } catch {
    // Not msgpack: reported below.
  }
  throw new ArchiveDamageError(offset, 'a file cannot be read');
}

function parseJson(payload: Buffer, offset: number): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    // Its checksum is right, so it was written like this.
    throw new ArchiveDamageError(offset, 'it is not JSON');
  }
}
