// Keys and records of the state database:
//
//   m                  what everything else adds up to: indexes, revisions, the sum over all versions
//   s <member>         a session
//   v <revision u64>   a version or a deletion (version.ts), big endian so that they come in order
//
// Meta and session records are: crc32 u32 | format u8 | msgpack. The checksum covers everything after it.

import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { type Membership, readMembership } from '../../../raft/core/index.ts';
import type { Revision } from '../port.ts';
import type { Session, SessionOutcome } from '../session.ts';
import { packSession } from '../state-machine.ts';
import { StateDamageError, StateVersionError } from './damage.ts';

const RECORD_FORMAT = 1;
const HEADER_BYTES = 5;

const packr = new Packr({ useRecords: false });

export const META_KEY = Buffer.from('m');
export const META_END = Buffer.from('n');
export const SESSIONS_FROM = Buffer.from('s');
export const SESSIONS_TO = Buffer.from('t');
export const VERSIONS_FROM = Buffer.from('v');
export const VERSIONS_TO = Buffer.from('w');
/** The end of everything that a state consists of; META_KEY is its beginning. */
export const STATE_END = VERSIONS_TO;
/** The record that says where the state is (slots.ts). */
export const SLOT_KEY = Buffer.from('a');
export const SLOT_KEY_END = Buffer.from('a\0');

/** The record that says why nothing here may be believed (StateDatabase.distrust). */
export const DISTRUST_KEY = Buffer.from('d');
export const DISTRUST_KEY_END = Buffer.from('d\0');

export function versionKey(revision: Revision): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = 0x76;
  key.writeUInt32BE(Math.floor(revision / 0x1_0000_0000), 1);
  key.writeUInt32BE(revision >>> 0, 5);
  return key;
}

export function revisionOfKey(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return key.length === 9 ? view.getUint32(1) * 0x1_0000_0000 + view.getUint32(5) : -1;
}

export function sessionKey(member: string): Buffer {
  return Buffer.from(`s${member}`);
}

/** What the whole database must add up to. */
export interface Meta {
  readonly appliedIndex: number;
  /** Of the entry at appliedIndex; undefined in databases of the first version. */
  readonly appliedTerm: number | undefined;
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  readonly laneA: number;
  readonly laneB: number;
  /** Version records. */
  readonly count: number;
  /** Session records. */
  readonly sessions: number;
  /** StateMachine.stateHash() at appliedIndex: covers the sessions too. */
  readonly stateHash: string;
  /** The members as of appliedIndex; undefined in databases of earlier versions, whose members never changed. */
  readonly membership: Membership | undefined;
}

export function encodeMeta(meta: Meta): Uint8Array {
  const { appliedIndex, revision, compactedRevision, laneA, laneB, count, sessions, stateHash, appliedTerm } = meta;
  const counts = [appliedIndex, revision, compactedRevision, laneA, laneB, count, sessions];
  return seal([...counts, stateHash, appliedTerm ?? null, meta.membership ?? null]);
}

type PackedMeta = readonly [number, Revision, Revision, number, number, number, number, string, number?, unknown?];

export function decodeMeta(value: Uint8Array): Meta {
  const [appliedIndex, revision, compactedRevision, laneA, laneB, count, sessions, stateHash, term, members] = unseal(
    value,
    'its summary',
  ) as PackedMeta;
  const counts = { appliedIndex, revision, compactedRevision, laneA, laneB, count, sessions };
  return { ...counts, stateHash, appliedTerm: term ?? undefined, membership: readMembership(members) };
}

export function encodeSession(session: Session): Uint8Array {
  return seal(packSession(session));
}

export function decodeSession(value: Uint8Array): Session {
  const [member, origin, featureLevel, applied, lowWater, outcomes] = unseal(value, 'a session') as [
    string,
    string,
    number,
    number,
    number,
    readonly SessionOutcome[],
  ];
  const bySequence = new Map(outcomes.map((outcome, i) => [lowWater + 1 + i, outcome]));
  return { member, origin, featureLevel, applied, lowWater, outcomes: bySequence };
}

/** A record of this room: checksum, format, content. */
export function seal(body: unknown): Uint8Array {
  const packed = packr.pack(body);
  const record = Buffer.allocUnsafe(HEADER_BYTES + packed.length);
  record[4] = RECORD_FORMAT;
  record.set(packed, HEADER_BYTES);
  record.writeUInt32LE(crc32(record.subarray(4)), 0);
  return record;
}

/** Throws StateDamageError, or StateVersionError for a newer format. */
export function unseal(value: Uint8Array, what: string): unknown {
  const record = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (record.length <= HEADER_BYTES || crc32(record.subarray(4)) !== record.readUInt32LE(0)) {
    throw new StateDamageError(`${what} has a wrong checksum`);
  }
  if (record[4] !== RECORD_FORMAT) throw new StateVersionError(`${what} has format ${record[4]}`);
  return packr.unpack(record.subarray(HEADER_BYTES));
}
