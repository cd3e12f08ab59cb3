// The door of the Raft node: the driver of one member, its log, and the consensus service over channels.
export type {
  Contacts,
  CoreStatus,
  Entry,
  LogIndex,
  LogLife,
  MemberChange,
  Membership,
  Message,
  NodeId,
  PeerProgress,
  Role,
  SnapshotPosition,
  SoftState,
  Term,
} from '../core/index.ts';
export { createConsensusClient, type InlineParts, inlineConsensus } from './consensus.ts';
export { DamageError } from './log/damage.ts';
export type { LogIdentity } from './log/identity.ts';
export { type DiskJob, type DiskStep, inlineLogWriter, JobRunner, type LogWriter } from './log/job.ts';
export type { LogLimits, RaftLog } from './log/log.ts';
export { LOG_LIMITS, openLog } from './log/open.ts';
export { decodeRecord, encodeRecords, type LogRecord } from './log/record.ts';
export type { RepairMeans } from './log/repair.ts';
export type { Defer, NodeOutputs, RaftNode, RaftNodeOptions } from './node.ts';
export type * from './ports.ts';
export { type FromNode, packError, type ToNode } from './protocol.ts';
export { RemovedError } from './removed.ts';
export { type ServiceParts, serveConsensus } from './service.ts';
