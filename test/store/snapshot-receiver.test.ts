// A member that receives a state while more than one peer offers it: the leader that sends what it lacks, and a peer that it asked.
import { describe, expect, it } from 'vitest';
import type { LogIndex, NodeId, Term } from '../../raft/core/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { SNAPSHOT_RETRY_MS } from '../../src/store/limits.ts';
import { decodeSnapshotFrame, type SnapshotFrame } from '../../src/store/snapshot/frames.ts';
import { SnapshotReceiver } from '../../src/store/snapshot/receiver.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';

const ASKED = 'n1' as NodeId;
const LEADER = 'n2' as NodeId;

interface World {
  readonly clock: ManualClock;
  readonly receiver: SnapshotReceiver;
  readonly sent: string[];
  offer(peer: NodeId, transfer: string, term: number): Promise<void>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function receiving(): World {
  const clock = manualClock();
  const sent: string[] = [];
  const receiver = new SnapshotReceiver({
    clock,
    logger: silentLogger,
    appliedIndex: () => 0,
    clear: () => Promise.resolve(),
    write: () => Promise.resolve(),
    install: () => Promise.resolve(),
    send: (peer, bytes) => {
      const frame = decodeSnapshotFrame(bytes);
      if (frame !== undefined) sent.push(`${frame.kind} ${frame.transfer} to ${peer}`);
    },
  });
  const offer = (peer: NodeId, transfer: string, term: number): Promise<void> => {
    const membership = { voters: [ASKED, LEADER], learners: [] };
    const snapshot = { index: 70 as LogIndex, term: 2 as Term, leaderTerm: term as Term, membership };
    const frame: SnapshotFrame & { kind: 'offer' } = { kind: 'offer', transfer, snapshot, records: 9 };
    receiver.receive(peer, frame);
    return turn();
  };
  return { clock, receiver, sent, offer };
}

describe('a member that receives a state', () => {
  it('goes on with it when another peer offers one in the same term, so that two never take turns for ever', async () => {
    const { receiver, sent, offer } = receiving();
    await offer(ASKED, 'a/1', 3);
    await offer(LEADER, 'b/1', 3);
    await offer(LEADER, 'b/1', 3);
    expect(sent).toEqual(['ask a/1 to n1']);
    receiver.stop();
  });

  it('turns to the other one when the first has fallen silent', async () => {
    const { clock, receiver, sent, offer } = receiving();
    await offer(ASKED, 'a/1', 3);
    clock.advance(2 * SNAPSHOT_RETRY_MS);
    sent.length = 0;
    await offer(LEADER, 'b/1', 3);
    expect(sent).toEqual(['ask b/1 to n2']);
    receiver.stop();
  });

  it('turns at once to a newer leader, and to a newer transfer of the same peer, but to none of an older term', async () => {
    const { receiver, sent, offer } = receiving();
    await offer(ASKED, 'a/1', 3);
    await offer(ASKED, 'a/2', 3);
    await offer(LEADER, 'b/1', 4);
    await offer(ASKED, 'a/3', 3);
    expect(sent).toEqual(['ask a/1 to n1', 'ask a/2 to n1', 'ask b/1 to n2']);
    receiver.stop();
  });
});
