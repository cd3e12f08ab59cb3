// The greeting: what both ends of a connection say first. It overrides address hints (house.md, decision 10): whatever
// answers at an address counts as a peer only if it is the member, of the cluster, in the format that is expected.
import type { NodeId } from '../../node/index.ts';
import { CodecError, decodeValue, encodeValue, WIRE_FORMAT } from '../codec.ts';
import { GREETING_LIMIT_BYTES } from '../limits.ts';

export interface Greeting {
  readonly format: number;
  readonly clusterId: string;
  readonly from: NodeId;
  readonly to: NodeId;
  /** Names the sender's log. */
  readonly incarnation: string;
  /** host:port where the sender listens, if it knows. */
  readonly address: string | undefined;
  /** The logs that it took the place of after damage. */
  readonly former: readonly string[];
}

/** Who this member is, as it greets. */
export interface LocalMember {
  readonly clusterId: string;
  readonly self: NodeId;
  readonly incarnation: string;
  readonly address?: string | undefined;
  readonly former: readonly string[];
}

/** Says why a peer with this log is not the one that was met before, if so. */
export type Recognise = (peer: NodeId, incarnation: string, former: readonly string[]) => string | undefined;

/** The path of the Raft endpoint, and the sub-protocol that both ends name. */
export const RAFT_PATH = '/quorate/raft';
export const RAFT_PROTOCOL = 'quorate-raft';
/** The sub-protocol of the connections that carry snapshots. */
export const SNAPSHOT_PROTOCOL = 'quorate-snapshot';
/** WebSocket close codes of our own (RFC 6455 §7.4.2). */
export const CLOSE_REFUSED = 4001;
export const CLOSE_MALFORMED = 4002;
/** The dialling member had another log when it was met: it has lost what it had promised. */
export const CLOSE_DISOWNED = 4003;
/** The dialling member was removed from the cluster, by a change that is committed. */
export const CLOSE_REMOVED = 4004;

export function encodeGreeting({ clusterId, self, incarnation, address, former }: LocalMember, to: NodeId): Uint8Array {
  return encodeValue([WIRE_FORMAT, clusterId, self, to, incarnation, address ?? null, ...former]);
}

/** Throws CodecError for anything that is no greeting. */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  if (bytes.byteLength > GREETING_LIMIT_BYTES) throw new CodecError('a greeting that is too long');
  const value = decodeValue(bytes);
  if (!Array.isArray(value)) throw new CodecError('a greeting that is no list');
  const [format, ...names]: readonly unknown[] = value;
  const [clusterId, from, to, incarnation, said, ...lost] = names;
  if (typeof format !== 'number' || typeof clusterId !== 'string' || typeof from !== 'string')
    throw new CodecError('a greeting of wrong fields');
  if (typeof to !== 'string' || typeof incarnation !== 'string') throw new CodecError('a greeting of wrong fields');
  const address = typeof said === 'string' ? said : undefined;
  const former = lost.filter((name) => typeof name === 'string');
  return { format, clusterId, from: from as NodeId, to: to as NodeId, incarnation, address, former };
}

/** Why a greeting is not the one expected, or undefined when it is. */
export function objectionTo(
  greeting: Greeting,
  expected: { readonly clusterId: string; readonly from: NodeId | undefined; readonly to: NodeId },
): string | undefined {
  if (greeting.format !== WIRE_FORMAT) return `it speaks format ${greeting.format}, and this member ${WIRE_FORMAT}`;
  if (greeting.clusterId !== expected.clusterId) return `it belongs to cluster ${greeting.clusterId}`;
  if (expected.from !== undefined && greeting.from !== expected.from) return `it calls itself ${greeting.from}`;
  if (greeting.to !== expected.to) return `it looks for member ${greeting.to}`;
  return undefined;
}
