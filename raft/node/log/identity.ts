// The identity file: whose log this is. A member's identity is used once (house.md, decision 10), so a log is opened
// only by the cluster and member that made it, and a folder that lost the file is never taken for a new one.
import { crc32 } from 'node:zlib';
import { UserError } from '../../../src/lib/index.ts';
import type { HardState, NodeId, Term } from '../../core/index.ts';
import { ID_LIMIT_BYTES } from '../limits.ts';
import type { Disk } from '../ports.ts';
import { DamageError } from './damage.ts';
import type { DiskStep } from './job.ts';

export const IDENTITY_FILE = 'identity';
/** The identity is written here first and renamed, so that it is there in full or not at all. */
export const IDENTITY_DRAFT_FILE = 'identity.draft';
const IDENTITY_FORMAT = 1;
/** Of a log that took the place of a lost one: a version that does not know of repairs must not open it. */
const REPAIRED_FORMAT = 2;
/** Lost logs that are remembered by name: a peer that was away for more repairs than these does not let the member in. */
const FORMER_LIMIT = 16;
const FOUND_LIMIT_CHARACTERS = 400;
const IDENTITY_LIMIT_BYTES = 4096;

/** Whose log it is. */
export interface LogIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
}

/** An identity as it was written, with the name of this very log: a log made anew has another one. */
export interface WrittenIdentity extends LogIdentity {
  readonly incarnation: string;
  /** How many logs of this member were lost to damage before this one, and the names of the newest of them. */
  readonly generation: number;
  readonly former: readonly string[];
  /** Set until the log holds what the lost one may have acknowledged. */
  readonly repair: LogRepair | undefined;
}

/** A repair under way, as the disk knows it. */
export interface LogRepair {
  /** `begun`: the damaged files are being set aside. `receiving`: the log is a fresh one. */
  readonly stage: 'begun' | 'receiving';
  /** Names the quarantine. */
  readonly label: string;
  readonly file: string;
  readonly found: string;
  /** What the marker of the lost log had promised, its vote spent. */
  readonly hardState: HardState;
}

/** The identity of a member's first log. */
export function firstIdentity(identity: LogIdentity, incarnation: string): WrittenIdentity {
  const { clusterId, nodeId } = identity;
  return { clusterId, nodeId, incarnation, generation: 0, former: [], repair: undefined };
}

/** The identity of a log that takes the place of `lost`. */
export function nextIdentity(lost: WrittenIdentity, incarnation: string, repair: LogRepair): WrittenIdentity {
  const former = [...lost.former, lost.incarnation].slice(-FORMER_LIMIT);
  return { ...lost, incarnation, generation: lost.generation + 1, former, repair };
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

/** What makes an identity durable. It is the last file of a new log, so its presence says that the others are complete. */
export function identitySteps(identity: WrittenIdentity): readonly DiskStep[] {
  return [
    { kind: 'create', file: IDENTITY_DRAFT_FILE },
    { kind: 'write', file: IDENTITY_DRAFT_FILE, position: 0, bytes: encodeIdentity(identity) },
    { kind: 'sync', file: IDENTITY_DRAFT_FILE },
    { kind: 'rename', file: IDENTITY_DRAFT_FILE, to: IDENTITY_FILE },
    { kind: 'syncDirectory' },
  ];
}

function encodeIdentity(identity: WrittenIdentity): Uint8Array<ArrayBuffer> {
  const { clusterId, nodeId, incarnation, generation, former, repair } = identity;
  const ids = { clusterId, nodeId, incarnation };
  const found = repair?.found.slice(0, FOUND_LIMIT_CHARACTERS);
  const content =
    generation === 0 && repair === undefined
      ? { format: IDENTITY_FORMAT, ...ids }
      : { format: REPAIRED_FORMAT, ...ids, generation, former, repair: repair && { ...repair, found } };
  const body = JSON.stringify(content);
  return new Uint8Array(Buffer.from(`${JSON.stringify({ body, checksum: crc32(body) })}\n`, 'utf8'));
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
    const first = firstIdentity({ clusterId, nodeId: nodeId as NodeId }, incarnation);
    const format = field(inner, 'format');
    if (format === IDENTITY_FORMAT) return first;
    return format === REPAIRED_FORMAT ? { ...first, ...historyOf(inner) } : undefined;
  } catch {
    // Not JSON: the caller reports the damage with the file's name.
    return undefined;
  }
}

/** The checksum says that this software wrote it, so its form is known. */
function historyOf(inner: unknown): Pick<WrittenIdentity, 'generation' | 'former' | 'repair'> {
  const { generation, former, repair } = inner as Pick<WrittenIdentity, 'generation' | 'former' | 'repair'>;
  if (repair === undefined) return { generation, former, repair };
  const { term, votedFor } = repair.hardState;
  return { generation, former, repair: { ...repair, hardState: { term: term as Term, votedFor } } };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function stringField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}
