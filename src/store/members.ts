// The members of a replicated store as its port shows and changes them, and the handing over of leadership, as calls that end.
import type { Membership, NodeId } from '../../raft/core/index.ts';
import type { Consensus, ConsensusStatus, Leadership } from '../../raft/node/index.ts';
import { type CancelSignal, type Clock, type Timer, unreachable } from '../lib/index.ts';
import { MEMBERSHIP_FEATURE_LEVEL } from './command.ts';
import { TRANSFER_LIMIT_MS } from './limits.ts';
import type {
  StoreMember,
  StoreMemberChange,
  StoreMembership,
  StoreMembershipOutcome,
  TransferOutcome,
} from './membership-port.ts';
import type { Sessions } from './session.ts';

export interface MembersOptions {
  readonly consensus: Consensus;
  readonly clock: Clock;
  sessions(): Sessions;
}

/** What the port's membership() answers. */
function describeMembers(status: ConsensusStatus, membership: Membership): StoreMembership {
  const { peers, leader } = status;
  const { voters, learners, outgoing = [], addresses = {}, autoPromote = [], retired = [] } = membership;
  const member = (id: NodeId, role: StoreMember['role']): StoreMember => {
    const progress = peers.find((peer) => peer.id === id);
    return {
      id,
      role,
      address: addresses[id],
      autoPromote: autoPromote.includes(id),
      isLeader: id === leader,
      match: progress?.match,
      replication: progress?.state,
      lastHeardMs: progress?.silentMs,
      repairing: progress?.repairing === true,
    };
  };
  const leaving = outgoing.filter((id) => !voters.includes(id) && !learners.includes(id));
  return {
    members: [
      ...voters.map((id) => member(id, 'voter')),
      ...learners.map((id) => member(id, 'learner')),
      ...leaving.map((id) => member(id, 'leaving')),
    ],
    index: membership.index ?? 0,
    changing: !status.membershipSettled,
    removed: retired,
  };
}

interface WaitingTransfer {
  readonly settle: (outcome: TransferOutcome) => void;
}

export class Members {
  readonly #options: MembersOptions;
  readonly #transfers = new Set<WaitingTransfer>();

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  describe(): StoreMembership {
    const status = this.#options.consensus.status();
    return describeMembers(status, status.membership);
  }

  async change(changes: readonly StoreMemberChange[], signal: CancelSignal): Promise<StoreMembershipOutcome> {
    const { consensus, sessions } = this.#options;
    const status = consensus.status();
    if (status.role !== 'leader') return { kind: 'notLeader', leader: status.leader };
    const { voters, learners, outgoing = [] } = status.membership;
    // As far as they have told, and who is to go need not know: a machine that never came, or was lost before it was brought
    // to this version, must still be one that can be removed.
    const leaving = new Set(changes.flatMap(({ kind, member }) => (kind === 'remove' ? [member] : [])));
    const staying = [...voters, ...learners, ...outgoing].filter((member) => !leaving.has(member));
    if (sessions().lowestLevel(staying) < MEMBERSHIP_FEATURE_LEVEL) {
      const message = 'some members run a version that knows no changes of members';
      return { kind: 'refused', reason: 'olderMembers', message, remedy: 'Bring every member to this version first.' };
    }
    const given = changes.map((change) => ({ ...change, member: change.member as NodeId }));
    const gaveUp = { kind: 'unknown', message: 'the wait was given up before the change was over' } as const;
    const outcome = await Promise.race([consensus.changeMembership(given), aborted(signal).then(() => gaveUp)]);
    switch (outcome.kind) {
      case 'done':
        // As of this change: another may have begun since.
        return {
          kind: 'done',
          membership: { ...describeMembers(consensus.status(), outcome.membership), changing: false },
        };
      case 'unknown':
      case 'notLeader':
      case 'refused':
        return outcome;
      default:
        return unreachable(outcome);
    }
  }

  transfer(target: string | undefined): Promise<TransferOutcome> {
    const { consensus, clock } = this.#options;
    const { id, role, leader, membership } = consensus.status();
    if (role !== 'leader') return Promise.resolve({ kind: 'notLeader', leader });
    const others = membership.voters.filter((voter) => voter !== id);
    const refused = (message: string, remedy: string): Promise<TransferOutcome> =>
      Promise.resolve({ kind: 'refused', message, remedy });
    if (target === id) return refused(`${target} is the leader already`, 'Name another voter, or none.');
    if (others.length === 0) return refused('there is no other voter', 'Add a member and let it be promoted first.');
    const chosen = others.find((voter) => voter === target);
    if (target !== undefined && chosen === undefined)
      return refused(`${target} is not a voter`, `Choose one of ${others.join(', ')}.`);
    const over = this.#waitForTransfer(clock);
    consensus.transferLeadership(chosen);
    return over;
  }

  #waitForTransfer(clock: Clock): Promise<TransferOutcome> {
    return new Promise((resolve) => {
      const settle = (outcome: TransferOutcome): void => {
        this.#transfers.delete(waiting);
        timer.cancel();
        resolve(outcome);
      };
      const timer: Timer = clock.timer(TRANSFER_LIMIT_MS, () =>
        settle({ kind: 'failed', message: `nobody else has taken over within ${TRANSFER_LIMIT_MS} ms` }),
      );
      const waiting = { settle };
      this.#transfers.add(waiting);
    });
  }

  leadershipChanged({ leader }: Leadership): void {
    if (leader === undefined || leader === this.#options.consensus.id) return;
    for (const { settle } of this.#transfers) settle({ kind: 'done', leader });
  }

  /** The store stops: nobody will see the end. */
  abandon(message: string): void {
    for (const { settle } of this.#transfers) settle({ kind: 'failed', message });
  }
}

function aborted(signal: CancelSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
