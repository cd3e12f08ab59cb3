// The door of the Raft adapters: a member's consensus on real disks, sockets and threads.
export { decodeFrame, encodeFrames } from './codec.ts';
export {
  type ConsensusOptions,
  type ConsensusTuning,
  createConsensus,
  type StartedThreads,
  startThreads,
  type ThreadFiles,
} from './consensus.ts';
export { type FolderLock, lockFolder } from './folder-lock.ts';
export { knownPeersOf } from './known-peers.ts';
export { nodeDisk } from './node-disk.ts';
export { FolderQuarantine, quarantineLabel } from './quarantine.ts';
export { readOnlyDisk } from './read-only-disk.ts';
export type { TransportTls } from './websocket/dialler.ts';
export { type WebSocketTransportOptions, webSocketTransport } from './websocket/transport.ts';
