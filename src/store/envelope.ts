// The stored form of an envelope: a small header (everything but the bytes) that is packed once, by the accepting
// server, and the bytes with the revision's digits spliced into them. Nothing here reads the bytes.
import { Packr } from 'msgpackr';
import type { Envelope, Revision } from './port.ts';

type Header = readonly [
  apiVersion: string,
  schemaHash: string,
  keyId: string,
  revisionOffset: number,
  labels: Record<string, string>,
  fields: Record<string, string>,
];

const packr = new Packr({ useRecords: false });

/** Everything of an envelope but its bytes, packed. */
export function packHeader(envelope: Envelope): Uint8Array {
  const { apiVersion, schemaHash, keyId, revisionOffset, labels, fields } = envelope;
  return packr.pack([apiVersion, schemaHash, keyId, revisionOffset, labels, fields] satisfies Header);
}

/** Where the digits go in the stored bytes; −1 for nowhere: internal records, and bytes that only a key can open. */
export function spliceOffset(envelope: Envelope): number {
  return envelope.keyId === '' ? envelope.revisionOffset : -1;
}

/** An envelope as read back from its stored form; its bytes are taken out of the stored ones when asked for. */
export class StoredEnvelope implements Envelope {
  readonly apiVersion: string;
  readonly schemaHash: string;
  readonly keyId: string;
  readonly revisionOffset: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
  readonly #stored: Uint8Array;
  readonly #digits: number;

  /** `stored` holds `digits` digits at the revision's place (0 where there is none). */
  constructor(header: Uint8Array, stored: Uint8Array, digits: number) {
    const [apiVersion, schemaHash, keyId, revisionOffset, labels, fields] = packr.unpack(header) as Header;
    this.apiVersion = apiVersion;
    this.schemaHash = schemaHash;
    this.keyId = keyId;
    this.revisionOffset = revisionOffset;
    this.labels = labels;
    this.fields = fields;
    this.#stored = stored;
    this.#digits = digits;
  }

  get bytes(): Uint8Array {
    if (this.#digits === 0) return this.#stored;
    return withoutDigits(this.#stored, this.revisionOffset, this.#digits);
  }
}

/** `bytes` with the revision's decimal digits at `offset`; as they are when `offset` is −1. */
export function withRevision(bytes: Uint8Array, offset: number, revision: Revision): Uint8Array {
  if (offset < 0) return bytes;
  const digits = String(revision);
  const result = Buffer.allocUnsafeSlow(bytes.length + digits.length);
  writeWithRevision(result, 0, bytes, offset, digits);
  return result;
}

/** Writes `bytes` with `digits` at `offset` (−1: none) into `target` at `position`. */
export function writeWithRevision(
  target: Buffer,
  position: number,
  bytes: Uint8Array,
  offset: number,
  digits: string,
): void {
  if (offset < 0) {
    target.set(bytes, position);
    return;
  }
  target.set(bytes.subarray(0, offset), position);
  target.write(digits, position + offset, 'latin1');
  target.set(bytes.subarray(offset), position + offset + digits.length);
}

/** The inverse of withRevision: takes `digits` bytes at `offset` out. */
export function withoutDigits(bytes: Uint8Array, offset: number, digits: number): Uint8Array {
  const result = Buffer.allocUnsafe(bytes.length - digits);
  result.set(bytes.subarray(0, offset), 0);
  result.set(bytes.subarray(offset + digits), offset);
  return result;
}
