// One version of an object, or its deletion, in the one buffer that is served, hashed and written to the state database:
//
//   crc32 u32 | format u8 | kind u8 | key bytes u16 | revision f64 | createRevision f64 | to boundary u32 |
//   header bytes u32 | splice offset i32 | key | envelope header | bytes with the revision in place
//
// The checksum covers everything after it and is filled in when the record is stored. Numbers are little endian.
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { assert } from '../lib/index.ts';
import { StoredEnvelope, withoutDigits, withRevision, writeWithRevision } from './envelope.ts';
import type { Envelope, Revision, StoredObject, StoreKey } from './port.ts';

/** The format of the records that this version writes; another one in a database stops the node. */
export const VERSION_RECORD_FORMAT = 1;

const KIND_PUT = 1;
const KIND_DELETE = 2;
const PREFIX_BYTES = 36;
const NO_BYTES = new Uint8Array(0);

/** A put as the log carries it: the envelope's header is packed, and stays so until a selector asks for it. */
export interface PackedPut {
  readonly kind: 'put';
  readonly key: StoreKey;
  readonly header: Uint8Array;
  /** Where the revision's digits go in `body`; −1 for nowhere. */
  readonly splice: number;
  readonly body: Uint8Array;
}

/** What every record of the history has. Lanes are two 32-bit sums of its hash (see state-hash.ts). */
abstract class VersionBase {
  readonly key: StoreKey;
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly record: Buffer;
  readonly laneA: number;
  readonly laneB: number;

  constructor(key: StoreKey, revision: Revision, createRevision: Revision, record: Buffer) {
    this.key = key;
    this.revision = revision;
    this.createRevision = createRevision;
    this.record = record;
    const digest = hash('sha1', record.subarray(4), 'binary');
    this.laneA = lane(digest, 0);
    this.laneB = lane(digest, 4);
  }

  /** The last revision of the command that wrote this. */
  get boundary(): Revision {
    return (this.revision + this.record.readUInt32LE(24)) as Revision;
  }
}

/** An object at one version. */
export class StoredVersion extends VersionBase implements StoredObject {
  readonly #bodyStart: number;
  #envelope: StoredEnvelope | undefined;

  constructor(key: StoreKey, revision: Revision, createRevision: Revision, record: Buffer) {
    super(key, revision, createRevision, record);
    this.#bodyStart = PREFIX_BYTES + record.readUInt16LE(6) + record.readUInt32LE(28);
  }

  get bytes(): Uint8Array {
    return this.record.subarray(this.#bodyStart);
  }

  get envelope(): Envelope {
    if (this.#envelope === undefined) {
      const header = this.record.subarray(PREFIX_BYTES + this.record.readUInt16LE(6), this.#bodyStart);
      this.#envelope = new StoredEnvelope(header, this.bytes, this.#splice < 0 ? 0 : String(this.revision).length);
    }
    return this.#envelope;
  }

  /** The same object as if it had been written at `revision`: what a deletion, or leaving a selection, shows. */
  bytesAt(revision: Revision): Uint8Array {
    const splice = this.#splice;
    if (splice < 0) return this.bytes;
    return withRevision(withoutDigits(this.bytes, splice, String(this.revision).length), splice, revision);
  }

  /** The same object in a history whose every revision is greater by `distance`. */
  raisedBy(distance: number): StoredVersion {
    const revision = (this.revision + distance) as Revision;
    const createRevision = (this.createRevision + distance) as Revision;
    const boundary = (this.boundary + distance) as Revision;
    const splice = this.#splice;
    const header = this.record.subarray(PREFIX_BYTES + this.record.readUInt16LE(6), this.#bodyStart);
    const body = splice < 0 ? this.bytes : withoutDigits(this.bytes, splice, String(this.revision).length);
    const record = makeRecord(KIND_PUT, this.key, revision, createRevision, boundary, header, splice, body);
    return new StoredVersion(this.key, revision, createRevision, record);
  }

  get #splice(): number {
    return this.record.readInt32LE(32);
  }
}

/** The deletion of an object: shows the last version, with the deletion's revision. */
export class Tombstone extends VersionBase implements StoredObject {
  readonly #last: StoredVersion;
  #bytes: Uint8Array | undefined;

  constructor(last: StoredVersion, revision: Revision, record: Buffer) {
    super(last.key, revision, last.createRevision, record);
    this.#last = last;
  }

  get envelope(): Envelope {
    return this.#last.envelope;
  }
  get bytes(): Uint8Array {
    this.#bytes ??= this.#last.bytesAt(this.revision);
    return this.#bytes;
  }
}

/** An object that left a selection at `revision`: its old state with that revision (house.md, decision 4). */
export class DepartedVersion implements StoredObject {
  readonly key: StoreKey;
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly #last: StoredVersion;
  #bytes: Uint8Array | undefined;

  constructor(last: StoredVersion, revision: Revision) {
    this.key = last.key;
    this.revision = revision;
    this.createRevision = last.createRevision;
    this.#last = last;
  }

  get envelope(): Envelope {
    return this.#last.envelope;
  }
  get bytes(): Uint8Array {
    this.#bytes ??= this.#last.bytesAt(this.revision);
    return this.#bytes;
  }
}

/** Makes the version that `put` leaves at `revision`, in a command whose last revision is `boundary`. */
export function makeVersion(
  put: PackedPut,
  revision: Revision,
  previous: StoredVersion | undefined,
  boundary: Revision,
): StoredVersion {
  const createRevision = previous?.createRevision ?? revision;
  const record = makeRecord(KIND_PUT, put.key, revision, createRevision, boundary, put.header, put.splice, put.body);
  // A decoded key may be a slice that keeps all strings of its command in memory: versions of an object share one of
  // their own.
  return new StoredVersion(previous?.key ?? readKey(record), revision, createRevision, record);
}

export function makeTombstone(last: StoredVersion, revision: Revision, boundary: Revision): Tombstone {
  const { key, createRevision } = last;
  const record = makeRecord(KIND_DELETE, key, revision, createRevision, boundary, NO_BYTES, -1, NO_BYTES);
  return new Tombstone(last, revision, record);
}

function makeRecord(
  kind: number,
  key: StoreKey,
  revision: Revision,
  createRevision: Revision,
  boundary: Revision,
  header: Uint8Array,
  splice: number,
  body: Uint8Array,
): Buffer {
  const digits = splice < 0 ? '' : String(revision);
  const keyBytes = Buffer.byteLength(key);
  const bodyStart = PREFIX_BYTES + keyBytes + header.length;
  // A buffer of its own: one from a shared pool would keep its neighbours in memory.
  const record = Buffer.allocUnsafeSlow(bodyStart + body.length + digits.length);
  record.writeUInt32LE(0, 0);
  record[4] = VERSION_RECORD_FORMAT;
  record[5] = kind;
  record.writeUInt16LE(keyBytes, 6);
  record.writeDoubleLE(revision, 8);
  record.writeDoubleLE(createRevision, 16);
  record.writeUInt32LE(boundary - revision, 24);
  record.writeUInt32LE(header.length, 28);
  record.writeInt32LE(splice, 32);
  record.write(key, PREFIX_BYTES);
  record.set(header, PREFIX_BYTES + keyBytes);
  writeWithRevision(record, bodyStart, body, splice, digits);
  return record;
}

/** Fills in the checksum of a record that is about to be stored. */
export function sealRecord(record: Buffer): Buffer {
  record.writeUInt32LE(crc32(record.subarray(4)), 0);
  return record;
}

/** What is wrong with a stored record, if anything. */
export type ReadRecord =
  | { readonly kind: 'put'; readonly version: StoredVersion }
  | { readonly kind: 'delete'; readonly key: StoreKey; readonly revision: Revision; readonly record: Buffer }
  | { readonly kind: 'damaged'; readonly problem: string }
  | { readonly kind: 'unknownFormat'; readonly format: number };

/** Reads a stored record; keeps the buffer. */
export function readRecord(record: Buffer): ReadRecord {
  if (record.length < PREFIX_BYTES) return { kind: 'damaged', problem: 'it is too short' };
  if (crc32(record.subarray(4)) !== record.readUInt32LE(0))
    return { kind: 'damaged', problem: 'its checksum is wrong' };
  const format = record.readUInt8(4);
  if (format !== VERSION_RECORD_FORMAT) return { kind: 'unknownFormat', format };
  const key = readKey(record);
  const revision = record.readDoubleLE(8) as Revision;
  if (record[5] === KIND_DELETE) return { kind: 'delete', key, revision, record };
  assert(record[5] === KIND_PUT, 'a record is a put or a deletion');
  return {
    kind: 'put',
    version: new StoredVersion(key, revision, record.readDoubleLE(16) as Revision, record),
  };
}

function readKey(record: Buffer): StoreKey {
  return record.toString('utf8', PREFIX_BYTES, PREFIX_BYTES + record.readUInt16LE(6)) as StoreKey;
}

function lane(digest: string, at: number): number {
  return (
    digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24) |
    0
  );
}
