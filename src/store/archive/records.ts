// Records of the state database in chunks: as a running server streams its state, and as archives hold it. What is read
// is one pass through the stream, a chunk at a time.
import { Packr } from 'msgpackr';
import { assert } from '../../lib/index.ts';
import { SNAPSHOT_CHUNK_BYTES } from '../limits.ts';
import type { KeyValue, KeyValueEntry } from '../state/key-value.ts';
import { ByteReader } from './byte-reader.ts';
import { ArchiveDamageError, encodeChunk, readChunk } from './chunks.ts';

const packr = new Packr({ useRecords: false, copyBuffers: true });

/** What a state consists of, in the order of the keys. */
export type StateRecords = AsyncIterable<KeyValueEntry> | Iterable<KeyValueEntry>;

/** Payloads of record chunks; one record alone may be larger than the limit. */
export async function* packRecords(
  records: StateRecords,
  limitBytes = SNAPSHOT_CHUNK_BYTES,
): AsyncGenerator<{ readonly payload: Uint8Array; readonly count: number }> {
  let flat: Uint8Array[] = [];
  let bytes = 0;
  for await (const { key, value } of records) {
    if (flat.length > 0 && bytes + value.byteLength > limitBytes) {
      yield { payload: packr.pack(flat), count: flat.length / 2 };
      flat = [];
      bytes = 0;
    }
    flat.push(key, value);
    bytes += key.byteLength + value.byteLength;
  }
  if (flat.length > 0) yield { payload: packr.pack(flat), count: flat.length / 2 };
}

/** `offset` is where the chunk begins. Throws ArchiveDamageError. */
export function unpackRecords(payload: Uint8Array, offset: number): readonly KeyValueEntry[] {
  const flat = unpackList(payload, offset);
  const records: KeyValueEntry[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [key, value] = [flat[i], flat[i + 1]];
    if (!(key instanceof Uint8Array) || !(value instanceof Uint8Array))
      throw new ArchiveDamageError(offset, 'a chunk of records holds something else');
    records.push({ key, value });
  }
  return records;
}

function unpackList(payload: Uint8Array, offset: number): readonly unknown[] {
  try {
    const list: unknown = packr.unpack(payload);
    if (Array.isArray(list)) return list;
  } catch {
    // Not msgpack: reported below.
  }
  throw new ArchiveDamageError(offset, 'a chunk of records cannot be read');
}

/** A state as a running server sends it: chunks of records, and an end that counts them. */
export async function* stateStream(records: StateRecords): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let number = 0;
  let total = 0;
  for await (const { payload, count } of packRecords(records)) {
    yield new Uint8Array(encodeChunk('records', number, payload));
    number += 1;
    total += count;
  }
  yield new Uint8Array(encodeChunk('end', number, packr.pack(total)));
}

/** The records of such a stream. Throws ArchiveDamageError when it is cut or damaged. */
export async function* readStateStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<KeyValueEntry> {
  const reader = new ByteReader(source);
  let total = 0;
  for (let number = 0; ; number += 1) {
    const { kind, payload, offset } = await readChunk(reader, number);
    if (kind === 'end') {
      const expected: unknown = packr.unpack(payload);
      if (expected !== total) throw new ArchiveDamageError(offset, `${total} records came of ${String(expected)}`);
      return;
    }
    if (kind !== 'records') throw new ArchiveDamageError(offset, `a chunk of kind ${kind} in a state`);
    for (const record of unpackRecords(payload, offset)) {
      total += 1;
      yield record;
    }
  }
}

/** A stream of records in the order of their keys, as a database that is read once, from its beginning to its end. */
export function streamedKeyValue(records: AsyncIterator<KeyValueEntry>): KeyValue {
  let ahead: KeyValueEntry | undefined;
  return {
    batch: () => Promise.reject(new Error('a stream is not written')),
    async *iterate(from, to) {
      for (;;) {
        if (ahead === undefined) {
          const next = await records.next();
          if (next.done === true) return;
          ahead = next.value;
        }
        if (Buffer.compare(ahead.key, to) >= 0) return;
        const entry = ahead;
        ahead = undefined;
        assert(Buffer.compare(entry.key, from) >= 0, 'a stream is read in the order of its keys');
        yield entry;
      }
    },
    close: () => Promise.resolve(),
  };
}
