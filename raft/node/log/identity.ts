// The identity file: whose log this is. A member's identity is used once (house.md, decision 10), so a log is opened
// only by the cluster and member that made it, and a folder that lost the file is never taken for a new one.
import { crc32 } from 'node:zlib';
import { UserError } from '../../../src/lib/index.ts';
import type { NodeId } from '../../core/index.ts';
import { ID_LIMIT_BYTES } from '../limits.ts';
import type { Disk } from '../ports.ts';
import { DamageError } from './damage.ts';

export const IDENTITY_FILE = 'identity';
/** The identity is written here first and renamed, so that it is there in full or not at all. */
export const IDENTITY_DRAFT_FILE = 'identity.draft';
const IDENTITY_FORMAT = 1;
const IDENTITY_LIMIT_BYTES = 4096;

/** Whose log it is. */
export interface LogIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
}

/** An identity as it was written, with the name of this very log: a log made anew has another one. */
export interface WrittenIdentity extends LogIdentity {
  readonly incarnation: string;
}

/** Throws UserError unless both ids are usable. */
export function checkIdentity(identity: LogIdentity): void {
  for (const [what, id] of [
    ['cluster id', identity.clusterId],
    ['member id', identity.nodeId],
  ] as const) {
    const bytes = Buffer.byteLength(id, 'utf8');
    if (bytes === 0 || bytes > ID_LIMIT_BYTES)
      throw new UserError(
        `a ${what} of ${bytes} bytes cannot be used`,
        `Choose a ${what} of 1 to ${ID_LIMIT_BYTES} bytes.`,
      );
  }
}

/** Writes the identity durably. It is the last file of a new log, so its presence says that the others are complete. */
export function writeIdentity(disk: Disk, identity: WrittenIdentity): void {
  const { clusterId, nodeId, incarnation } = identity;
  const body = JSON.stringify({ format: IDENTITY_FORMAT, clusterId, nodeId, incarnation });
  const file = disk.open(IDENTITY_DRAFT_FILE, 'create');
  file.write(0, Buffer.from(`${JSON.stringify({ body, checksum: crc32(body) })}\n`, 'utf8'));
  file.sync();
  file.close();
  disk.rename(IDENTITY_DRAFT_FILE, IDENTITY_FILE);
  disk.syncDirectory();
}

/** Reads the identity. Throws UserError when the log is another member's, DamageError when the file cannot be read. */
export function verifyIdentity(disk: Disk, identity: LogIdentity): WrittenIdentity {
  const file = disk.open(IDENTITY_FILE, 'existing');
  const text = Buffer.from(file.read(0, IDENTITY_LIMIT_BYTES)).toString('utf8');
  file.close();
  const found = parseIdentity(text);
  if (found === undefined) throw new DamageError(IDENTITY_FILE, 'its content does not match its checksum');
  if (found.clusterId === identity.clusterId && found.nodeId === identity.nodeId) return found;
  throw new UserError(
    `the Raft log belongs to member ${found.nodeId} of cluster ${found.clusterId}, not to member ${identity.nodeId} of cluster ${identity.clusterId}`,
    'Use the data directory of this member, or an empty one for a new cluster.',
  );
}

function parseIdentity(text: string): WrittenIdentity | undefined {
  try {
    const outer: unknown = JSON.parse(text);
    const body = stringField(outer, 'body');
    if (body === undefined || field(outer, 'checksum') !== crc32(body)) return undefined;
    const inner: unknown = JSON.parse(body);
    const clusterId = stringField(inner, 'clusterId');
    const nodeId = stringField(inner, 'nodeId');
    const incarnation = stringField(inner, 'incarnation');
    if (clusterId === undefined || nodeId === undefined || incarnation === undefined) return undefined;
    if (field(inner, 'format') !== IDENTITY_FORMAT) return undefined;
    return { clusterId, nodeId: nodeId as NodeId, incarnation };
  } catch {
    // Not JSON: the caller reports the damage with the file's name.
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function stringField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}
