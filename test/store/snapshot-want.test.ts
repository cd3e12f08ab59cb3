// A member that lost its state asks a peer for one: whoever has enough sends it, whoever has not says so.
import { describe, expect, it } from 'vitest';
import type { LogIndex, NodeId, Term } from '../../raft/core/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import type { Revision } from '../../src/store/index.ts';
import { decodeSnapshotFrame, type SnapshotFrame } from '../../src/store/snapshot/frames.ts';
import { SnapshotSender } from '../../src/store/snapshot/sender.ts';
import { encodeMeta, META_KEY } from '../../src/store/state/layout.ts';
import { manualClock } from '../support/manual-clock.ts';

const ASKS = 'n2' as NodeId;
const MEMBERS = { voters: ['n1', 'n2', 'n3'] as NodeId[], learners: [] };
/** Where the state of the member that is asked ends. */
const APPLIED = 70;

function asked(ownTerm = 3): {
  readonly sender: SnapshotSender;
  readonly sent: SnapshotFrame[];
  readonly ended: unknown[];
} {
  const sent: SnapshotFrame[] = [];
  const ended: unknown[] = [];
  const none = { revision: 9 as Revision, compactedRevision: 0 as Revision, laneA: 0, laneB: 0, count: 0, sessions: 0 };
  const meta = encodeMeta({ appliedIndex: APPLIED, appliedTerm: 2, stateHash: 'h', membership: undefined, ...none });
  const sender = new SnapshotSender({
    origin: 'n1/1',
    clock: manualClock(),
    logger: silentLogger,
    chunkBytes: 1000,
    async *read() {
      yield { key: META_KEY, value: meta };
    },
    founding: () => MEMBERS,
    term: () => ownTerm as Term,
    send: (_, frame) => {
      const decoded = decodeSnapshotFrame(frame);
      if (decoded !== undefined) sent.push(decoded);
    },
    damaged: (error) => ended.push(error),
    ended: (_, index) => ended.push(index),
  });
  return { sender, sent, ended };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a member that is asked for its state', () => {
  it('offers it, leader or not, when it has as much as is wanted', async () => {
    for (const index of [1, APPLIED]) {
      const { sender, sent } = asked();
      sender.wanted(ASKS, index as LogIndex);
      await turn();
      expect(sent).toMatchObject([
        { kind: 'offer', snapshot: { index: APPLIED, term: 2, leaderTerm: 3, membership: MEMBERS } },
      ]);
      sender.stop();
    }
  });

  it('says no older term than that of the last entry in it, although it has just started and knows of no leader', async () => {
    const { sender, sent } = asked(0);
    sender.wanted(ASKS, APPLIED as LogIndex);
    await turn();
    expect(sent).toMatchObject([{ kind: 'offer', snapshot: { term: 2, leaderTerm: 2 } }]);
    sender.stop();
  });

  it('offers nothing when it has not, says so, and can be asked again later', async () => {
    const { sender, sent, ended } = asked();
    sender.wanted(ASKS, (APPLIED + 1) as LogIndex);
    await turn();
    expect([sent.splice(0).map(({ kind }) => kind), ended]).toEqual([['gone'], [undefined]]);
    sender.wanted(ASKS, APPLIED as LogIndex);
    await turn();
    expect(sent).toMatchObject([{ kind: 'offer' }]);
    sender.stop();
  });

  it('does not begin anew for each question while it sends', async () => {
    const { sender, sent } = asked();
    for (let i = 0; i < 3; i++) sender.wanted(ASKS, 5 as LogIndex);
    await turn();
    sender.wanted(ASKS, 5 as LogIndex);
    await turn();
    expect(sent).toHaveLength(1);
    sender.stop();
  });
});
