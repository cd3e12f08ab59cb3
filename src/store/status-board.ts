// Tells listeners of a store's status when leader, role or readiness have changed, and only then.
import type { Consensus } from '../../raft/node/index.ts';
import type { StoreStatus } from './port.ts';

/** What a status says of the replicated log. */
export function replicationStatus(
  consensus: Consensus,
): Pick<StoreStatus, 'member' | 'leader' | 'role' | 'term' | 'commitIndex'> {
  const { id: member, role, term, leader, commitIndex } = consensus.status();
  return { member, leader, role: role === 'preCandidate' ? 'candidate' : role, term, commitIndex };
}

export class StatusBoard {
  readonly #status: () => StoreStatus;
  readonly #listenerFailed: (error: unknown) => void;
  readonly #listeners = new Set<(status: StoreStatus) => void>();
  #told: StoreStatus | undefined;

  constructor(status: () => StoreStatus, listenerFailed: (error: unknown) => void) {
    this.#status = status;
    this.#listenerFailed = listenerFailed;
  }

  subscribe(listener: (status: StoreStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Something may have changed. */
  check(): void {
    const status = this.#status();
    const told = this.#told;
    const same =
      told !== undefined &&
      told.leader === status.leader &&
      told.role === status.role &&
      told.term === status.term &&
      told.ready === status.ready &&
      told.disk?.low === status.disk?.low &&
      told.reason === status.reason;
    if (same) return;
    this.#told = status;
    for (const listener of this.#listeners) {
      try {
        listener(status);
      } catch (error) {
        this.#listenerFailed(error);
      }
    }
  }
}
