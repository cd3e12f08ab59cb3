// How much of the log may go: what the state holds durably, except what followers still need. What comes after the snapshot that
// one is being sent, or has just installed, is owed to it: without that, followers under load would be sent one after another.
import type { LogIndex, NodeId, PeerProgress } from '../core/index.ts';
import { INSTALLED_WAIT_MS } from './limits.ts';

interface Owed {
  readonly index: LogIndex;
  /** When it was installed; undefined while it is being sent. */
  readonly endedAtMs: number | undefined;
}

export class Compaction {
  private readonly owed = new Map<NodeId, Owed>();
  /** The state machine holds everything up to here on its disk. */
  durableIndex: LogIndex;

  constructor(durableIndex: LogIndex) {
    this.durableIndex = durableIndex;
  }

  /** `peer` is being sent the state as it is on the disk now. */
  snapshotBegins(peer: NodeId): void {
    this.owed.set(peer, { index: this.durableIndex, endedAtMs: undefined });
  }

  /** `peer` holds the state up to `index`, or (undefined) the transfer has failed. */
  snapshotEnded(peer: NodeId, index: LogIndex | undefined, now: number): void {
    if (index === undefined) this.owed.delete(peer);
    else this.owed.set(peer, { index, endedAtMs: now });
  }

  /** Everything up to here is needed by nobody, as this leader knows its peers; a follower knows none. */
  unneeded(peers: readonly PeerProgress[], now: number): LogIndex {
    let unneeded = this.durableIndex;
    if (peers.length === 0) this.owed.clear();
    for (const { id, state, match } of peers) {
      const owed = this.owed.get(id);
      const isOver = owed?.endedAtMs !== undefined && now - owed.endedAtMs > INSTALLED_WAIT_MS;
      if (state === 'replicate' || isOver) this.owed.delete(id);
      const needed = state === 'replicate' ? match : this.owed.get(id)?.index;
      if (needed !== undefined && needed < unneeded) unneeded = needed;
    }
    return unneeded;
  }
}
