// What crosses the channel between the main thread and the Raft thread, in both directions. Commands and entries go in
// batches whose bytes lie in one buffer, which is given away and not copied.

import { messageOf, UserError } from '../../src/lib/index.ts';
import type { LogIndex, MemberChange, NodeId, SnapshotPosition, Term } from '../core/index.ts';
import { DamageError } from './log/damage.ts';
import type { CommittedEntry, Leadership, MembershipOutcome, NodeStatus, StateAtStart } from './ports.ts';
import { RemovedError } from './removed.ts';

/** Byte strings behind each other in one buffer. */
export interface Packed {
  readonly bytes: ArrayBuffer;
  readonly lengths: readonly number[];
}

/** Consecutive entries. */
export interface PackedEntries {
  readonly first: LogIndex;
  readonly terms: readonly Term[];
  readonly kinds: readonly CommittedEntry['kind'][];
  readonly data: Packed;
}

/** An error that keeps its meaning on the other side. */
export interface PackedError {
  readonly kind: 'damage' | 'removed' | 'user' | 'other';
  readonly message: string;
  readonly remedy: string;
  readonly exitCode: number;
  readonly file: string;
  readonly found: string;
}

export type ToNode =
  | { readonly kind: 'start'; readonly state: StateAtStart }
  | { readonly kind: 'propose'; readonly commands: Packed }
  | { readonly kind: 'readIndex'; readonly question: number }
  | { readonly kind: 'progress'; readonly applied: LogIndex; readonly durable: LogIndex }
  | { readonly kind: 'frame'; readonly peer: NodeId; readonly frame: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'snapshotEnded'; readonly peer: NodeId; readonly index: LogIndex | undefined }
  | { readonly kind: 'installed'; readonly snapshot: SnapshotPosition }
  | { readonly kind: 'transfer'; readonly target: NodeId | undefined }
  | { readonly kind: 'changeMembership'; readonly request: number; readonly changes: readonly MemberChange[] }
  | { readonly kind: 'stop' };

export type FromNode =
  | { readonly kind: 'started'; readonly status: NodeStatus }
  | { readonly kind: 'refused'; readonly error: PackedError }
  | { readonly kind: 'committed'; readonly entries: PackedEntries }
  | { readonly kind: 'leadership'; readonly leadership: Leadership }
  | { readonly kind: 'answered'; readonly question: number; readonly index: LogIndex | undefined }
  | { readonly kind: 'membershipChanged'; readonly request: number; readonly outcome: MembershipOutcome }
  | { readonly kind: 'snapshotWanted'; readonly peer: NodeId; readonly term: Term }
  | { readonly kind: 'frame'; readonly peer: NodeId; readonly frame: Uint8Array<ArrayBuffer> }
  /** The log holds the position of every snapshot up to this index. */
  | { readonly kind: 'followed'; readonly index: LogIndex }
  | { readonly kind: 'status'; readonly status: NodeStatus }
  | { readonly kind: 'failed'; readonly reason: string; readonly cause: PackedError }
  | { readonly kind: 'stopped' };

export function pack(parts: readonly Uint8Array[]): Packed {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return { bytes: bytes.buffer, lengths: parts.map((part) => part.byteLength) };
}

/** Each part gets memory of its own: one that is kept for long must not keep its whole batch. */
export function unpack(packed: Packed): readonly Uint8Array[] {
  const bytes = new Uint8Array(packed.bytes);
  let offset = 0;
  return packed.lengths.map((length) => {
    const part = bytes.slice(offset, offset + length);
    offset += length;
    return part;
  });
}

export function packEntries(entries: readonly CommittedEntry[]): PackedEntries {
  return {
    first: entries[0]?.index ?? (0 as LogIndex),
    terms: entries.map((entry) => entry.term),
    kinds: entries.map((entry) => entry.kind),
    data: pack(entries.map((entry) => entry.data)),
  };
}

export function unpackEntries(packed: PackedEntries): readonly CommittedEntry[] {
  return unpack(packed.data).map((data, position) => ({
    index: (packed.first + position) as LogIndex,
    term: packed.terms[position] ?? (0 as Term),
    kind: packed.kinds[position] ?? 'noop',
    data,
  }));
}

export function packError(error: unknown): PackedError {
  const user = error instanceof UserError ? error : undefined;
  const damage = error instanceof DamageError ? error : undefined;
  return {
    kind:
      damage !== undefined
        ? 'damage'
        : error instanceof RemovedError
          ? 'removed'
          : user !== undefined
            ? 'user'
            : 'other',
    message: messageOf(error),
    remedy: user?.remedy ?? '',
    exitCode: user?.exitCode ?? 1,
    file: damage?.file ?? '',
    found: damage?.found ?? '',
  };
}

export function unpackError(packed: PackedError): Error {
  switch (packed.kind) {
    case 'damage':
      return new DamageError(packed.file, packed.found, packed.remedy);
    case 'removed':
      return new RemovedError();
    case 'user':
      return new UserError(packed.message, packed.remedy, { exitCode: packed.exitCode });
    case 'other':
      return new Error(packed.message);
  }
}
