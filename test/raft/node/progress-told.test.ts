// What the owner of a state machine tells the Raft side of how far it has come.
import { describe, expect, it } from 'vitest';
import type { LogIndex, NodeId } from '../../../raft/core/index.ts';
import { createConsensusClient, type ToNode } from '../../../raft/node/index.ts';
import { PROGRESS_PERIOD_MS } from '../../../raft/node/limits.ts';
import { silentLogger } from '../../../src/lib/index.ts';
import { manualClock } from '../../support/manual-clock.ts';

function client() {
  const clock = manualClock();
  const told: number[] = [];
  const consensus = createConsensusClient({
    config: {
      id: 'a' as NodeId,
      clusterId: 'c',
      membership: { voters: ['a' as NodeId], learners: [] },
      peerAddresses: {},
      seed: 1,
    },
    environment: { clock, logger: silentLogger, fatal: () => expect.unreachable() },
    channel: {
      post(message: ToNode) {
        if (message.kind === 'progress') told.push(message.applied);
      },
      onMessage() {},
      close() {},
    },
    defer: (turn) => turn(),
    dispose: () => Promise.resolve(),
  });
  const progress = (applied: number): void => consensus.progress(applied as LogIndex, applied as LogIndex);
  return { clock, told, consensus, progress };
}

describe('the progress of a state machine', () => {
  it('is told at once when nothing was told lately, and then the newest of each period', () => {
    const { clock, told, progress } = client();
    progress(1);
    progress(2);
    progress(3);
    expect(told).toEqual([1]);
    clock.advance(PROGRESS_PERIOD_MS);
    expect(told).toEqual([1, 3]);
    clock.advance(10 * PROGRESS_PERIOD_MS);
    expect(told).toEqual([1, 3]);
    progress(4);
    expect(told).toEqual([1, 3, 4]);
  });

  it('is not told by one that has stopped, which leaves no timer behind', async () => {
    const { clock, told, consensus, progress } = client();
    progress(1);
    progress(2);
    await consensus.stop();
    expect(clock.pending).toBe(0);
    clock.advance(PROGRESS_PERIOD_MS);
    expect(told).toEqual([1]);
  });
});
