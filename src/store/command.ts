// Commands as the Raft log carries them:
//
//   format u8 | kind u8 | pass u32 | a msgpack array that belongs to the kind
//
// `pass` counts how often the origin has sent its pending commands; it is no part of what the command means. A format or
// kind that is not known here was written by a newer version: the node must stop, for it cannot stay equal to the others.

import { Packr } from 'msgpackr';
import { messageOf } from '../lib/index.ts';
import { packHeader, spliceOffset } from './envelope.ts';
import { COMMAND_LIMIT_BYTES, COMMAND_LIMIT_PARTS, OBJECT_LIMIT_BYTES } from './limits.ts';
import { type Command, CommandTooLargeError, type Condition, type Revision, type StoreKey } from './port.ts';
import type { PackedPut } from './version.ts';

export const COMMAND_FORMAT = 1;
/** The newest commands that this software knows. */
export const FEATURE_LEVEL = 3;
/** The level that every member must know before a command is proposed that is not as old as the log itself. */
export const COMPACT_FEATURE_LEVEL = 1;
export const CHECKPOINT_FEATURE_LEVEL = 2;
/** Members may change: entries say so that older versions do not read. */
export const MEMBERSHIP_FEATURE_LEVEL = 3;

export type PackedWrite = PackedPut | { readonly kind: 'delete'; readonly key: StoreKey };

/** A command whose envelopes are packed: what a state machine executes. */
export interface PackedCommand {
  readonly conditions: readonly Condition[];
  readonly writes: readonly PackedWrite[];
  /** Roughly, and not less than, its encoded size. */
  readonly sizeBytes: number;
}

export type LogCommand =
  | {
      readonly kind: 'register';
      readonly member: string;
      readonly origin: string;
      /** The member's session that this one follows; empty if none. */
      readonly expects: string;
      readonly featureLevel: number;
    }
  | {
      readonly kind: 'commit';
      readonly pass: number;
      readonly origin: string;
      readonly sequence: number;
      readonly lowWater: number;
      readonly conditions: readonly Condition[];
      readonly writes: readonly PackedWrite[];
    }
  | { readonly kind: 'compact'; readonly revision: Revision }
  /** Every server hashes its state here … */
  | { readonly kind: 'checkpoint' }
  /** … and tells what it found at that entry. */
  | { readonly kind: 'claim'; readonly origin: string; readonly index: number; readonly hash: string };

/** A record or command of a form that this software does not know. */
export class UnknownFormatError extends Error {
  override readonly name = 'UnknownFormatError';
}

/** What to say of an entry that could not be applied. */
export function applyFailure(error: unknown): string {
  return error instanceof UnknownFormatError
    ? `written by a newer version: ${error.message}`
    : `applying failed: ${messageOf(error)}`;
}

const REGISTER = 1;
const COMMIT = 2;
const COMPACT = 3;
const CHECKPOINT = 4;
const CLAIM = 5;
/** The feature level that each kind came with. */
const KIND_LEVELS: Readonly<Record<number, number>> = {
  [REGISTER]: 0,
  [COMMIT]: 0,
  [COMPACT]: COMPACT_FEATURE_LEVEL,
  [CHECKPOINT]: CHECKPOINT_FEATURE_LEVEL,
  [CLAIM]: CHECKPOINT_FEATURE_LEVEL,
};
const PASS_OFFSET = 2;
const BODY_OFFSET = 6;

const CONDITION_KINDS = ['absent', 'exists', 'revision'] as const;

const packr = new Packr({ useRecords: false });

type WireCondition = readonly [kind: number, key: string, revision?: number];
type WireWrite = readonly [key: string] | readonly [key: string, header: Uint8Array, splice: number, body: Uint8Array];
type WireRegister = readonly [member: string, origin: string, expects: string, featureLevel: number];
type WireCommit = readonly [
  origin: string,
  sequence: number,
  lowWater: number,
  conditions: readonly WireCondition[],
  writes: readonly WireWrite[],
];
type WireCompact = readonly [revision: number];
type WireClaim = readonly [origin: string, index: number, hash: string];

/** Packs a command's envelopes. Throws CommandTooLargeError. */
export function packCommand(command: Command): PackedCommand {
  const parts = command.conditions.length + command.writes.length;
  if (parts > COMMAND_LIMIT_PARTS) {
    throw new CommandTooLargeError(`a command has ${parts} parts; the limit is ${COMMAND_LIMIT_PARTS}`);
  }
  let sizeBytes = 64;
  for (const condition of command.conditions) sizeBytes += condition.key.length * 3 + 16;
  const writes = command.writes.map((write): PackedWrite => {
    sizeBytes += write.key.length * 3 + 16;
    if (write.kind === 'delete') return write;
    const { envelope, key } = write;
    const header = packHeader(envelope);
    const size = envelope.bytes.length + header.length;
    if (size > OBJECT_LIMIT_BYTES) {
      throw new CommandTooLargeError(`${key} takes ${size} bytes; the limit is ${OBJECT_LIMIT_BYTES}`);
    }
    sizeBytes += size + 16;
    return { kind: 'put', key, header, splice: spliceOffset(envelope), body: envelope.bytes };
  });
  if (sizeBytes > COMMAND_LIMIT_BYTES) {
    throw new CommandTooLargeError(`a command takes ${sizeBytes} bytes; the limit is ${COMMAND_LIMIT_BYTES}`);
  }
  return { conditions: command.conditions, writes, sizeBytes };
}

export function encodeRegister(
  member: string,
  origin: string,
  expects: string,
  featureLevel = FEATURE_LEVEL,
): Uint8Array {
  return frame(REGISTER, 0, [member, origin, expects, featureLevel] satisfies WireRegister);
}

export function encodeCompact(revision: Revision): Uint8Array {
  return frame(COMPACT, 0, [revision] satisfies WireCompact);
}

export function encodeCheckpoint(): Uint8Array {
  return frame(CHECKPOINT, 0, []);
}

export function encodeClaim(origin: string, index: number, hash: string): Uint8Array {
  return frame(CLAIM, 0, [origin, index, hash] satisfies WireClaim);
}

export function encodeCommit(
  origin: string,
  sequence: number,
  lowWater: number,
  command: PackedCommand,
  pass: number,
): Uint8Array {
  const conditions = command.conditions.map((condition): WireCondition => {
    const kind = CONDITION_KINDS.indexOf(condition.kind);
    return condition.kind === 'revision' ? [kind, condition.key, condition.revision] : [kind, condition.key];
  });
  const writes = command.writes.map(
    (write): WireWrite => (write.kind === 'put' ? [write.key, write.header, write.splice, write.body] : [write.key]),
  );
  return frame(COMMIT, pass, [origin, sequence, lowWater, conditions, writes] satisfies WireCommit);
}

/** The same command, sent in another pass. A copy: the first one may still be in somebody's queue. */
export function withPass(command: Uint8Array, pass: number): Uint8Array {
  const copy = Buffer.from(command);
  copy.writeUInt32LE(pass, PASS_OFFSET);
  return copy;
}

function frame(kind: number, pass: number, body: unknown): Uint8Array {
  const packed = packr.pack(body);
  const framed = Buffer.allocUnsafeSlow(BODY_OFFSET + packed.length);
  framed[0] = COMMAND_FORMAT;
  framed[1] = kind;
  framed.writeUInt32LE(pass, PASS_OFFSET);
  framed.set(packed, BODY_OFFSET);
  return framed;
}

/** Reads a command; its bodies are views of `data`. Throws UnknownFormatError for what is newer than `featureLevel`. */
export function decodeCommand(data: Uint8Array, featureLevel = FEATURE_LEVEL): LogCommand {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes[0] !== COMMAND_FORMAT) throw new UnknownFormatError(`a command has format ${bytes[0]}`);
  const kind = bytes[1] ?? 0;
  if ((KIND_LEVELS[kind] ?? Number.POSITIVE_INFINITY) > featureLevel)
    throw new UnknownFormatError(`a command is of kind ${kind}`);
  const body = bytes.subarray(BODY_OFFSET);
  switch (kind) {
    case REGISTER: {
      const [member, origin, expects, featureLevel] = packr.unpack(body) as WireRegister;
      return { kind: 'register', member, origin, expects, featureLevel };
    }
    case COMMIT: {
      const [origin, sequence, lowWater, conditions, writes] = packr.unpack(body) as WireCommit;
      return {
        kind: 'commit',
        pass: bytes.readUInt32LE(PASS_OFFSET),
        origin,
        sequence,
        lowWater,
        conditions: conditions.map(readCondition),
        writes: writes.map(readWrite),
      };
    }
    case COMPACT: {
      const [revision] = packr.unpack(body) as WireCompact;
      return { kind: 'compact', revision: revision as Revision };
    }
    case CHECKPOINT:
      return { kind: 'checkpoint' };
    case CLAIM: {
      const [origin, index, hash] = packr.unpack(body) as WireClaim;
      return { kind: 'claim', origin, index, hash };
    }
    default:
      throw new UnknownFormatError(`a command is of kind ${kind}`);
  }
}

function readCondition([kind, key, revision]: WireCondition): Condition {
  switch (CONDITION_KINDS[kind]) {
    case 'absent':
      return { kind: 'absent', key: key as StoreKey };
    case 'exists':
      return { kind: 'exists', key: key as StoreKey };
    case 'revision':
      return { kind: 'revision', key: key as StoreKey, revision: (revision ?? 0) as Revision };
    default:
      throw new UnknownFormatError(`a condition is of kind ${kind}`);
  }
}

function readWrite(write: WireWrite): PackedWrite {
  if (write.length === 1) return { kind: 'delete', key: write[0] as StoreKey };
  const [key, header, splice, body] = write;
  return { kind: 'put', key: key as StoreKey, header, splice, body };
}
