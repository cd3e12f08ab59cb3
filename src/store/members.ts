// The members of a replicated store, as its port shows them, and the handing over of leadership as one call that ends.
import type { NodeId } from '../../raft/core/index.ts';
import type { Consensus, ConsensusStatus, Leadership } from '../../raft/node/index.ts';
import type { Clock, Timer } from '../lib/index.ts';
import { TRANSFER_LIMIT_MS } from './limits.ts';
import type { StoreMember, StoreMembership, TransferOutcome } from './membership-port.ts';

/** What the port's membership() answers. */
export function describeMembers(status: ConsensusStatus): StoreMembership {
  const { membership, peers, leader } = status;
  const { voters, learners } = membership;
  const member = (id: NodeId, role: StoreMember['role']): StoreMember => {
    const progress = peers.find((peer) => peer.id === id);
    return {
      id,
      role,
      address: undefined,
      autoPromote: false,
      isLeader: id === leader,
      match: progress?.match,
      replication: progress?.state,
    };
  };
  return {
    members: [...voters.map((id) => member(id, 'voter')), ...learners.map((id) => member(id, 'learner'))],
    index: 0,
    changing: false,
    removed: [],
  };
}

/** Waits for the end of transfers of leadership. */
export class Transfers {
  readonly #consensus: Consensus;
  readonly #clock: Clock;
  readonly #waiting = new Set<{ readonly settle: (outcome: TransferOutcome) => void; readonly timer: Timer }>();

  constructor(consensus: Consensus, clock: Clock) {
    this.#consensus = consensus;
    this.#clock = clock;
  }

  begin(target: string | undefined): Promise<TransferOutcome> {
    const { id, role, leader, membership } = this.#consensus.status();
    if (role !== 'leader') return Promise.resolve({ kind: 'notLeader', leader });
    const others = membership.voters.filter((voter) => voter !== id);
    const refused = (message: string, remedy: string): Promise<TransferOutcome> =>
      Promise.resolve({ kind: 'refused', message, remedy });
    if (target === id) return refused(`${target} is the leader already`, 'Name another voter, or none.');
    if (others.length === 0) return refused('there is no other voter', 'Add a member and let it be promoted first.');
    const chosen = others.find((voter) => voter === target);
    if (target !== undefined && chosen === undefined)
      return refused(`${target} is not a voter`, `Choose one of ${others.join(', ')}.`);
    const over = new Promise<TransferOutcome>((resolve) => {
      const timer = this.#clock.timer(TRANSFER_LIMIT_MS, () =>
        waiting.settle({ kind: 'failed', message: `nobody else has taken over within ${TRANSFER_LIMIT_MS} ms` }),
      );
      const settle = (outcome: TransferOutcome): void => {
        this.#waiting.delete(waiting);
        timer.cancel();
        resolve(outcome);
      };
      const waiting = { settle, timer };
      this.#waiting.add(waiting);
    });
    this.#consensus.transferLeadership(chosen);
    return over;
  }

  leadershipChanged(leadership: Leadership): void {
    const { leader } = leadership;
    if (leader === undefined || leader === this.#consensus.id) return;
    for (const { settle } of this.#waiting) settle({ kind: 'done', leader });
  }

  /** The store stops: nobody will see the end. */
  abandon(message: string): void {
    for (const { settle } of this.#waiting) settle({ kind: 'failed', message });
  }
}
