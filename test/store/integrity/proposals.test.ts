// When a checkpoint may be proposed while members change: everybody who will apply it must know what it is.
import { describe, expect, it } from 'vitest';
import type { Membership, NodeId } from '../../../raft/core/index.ts';
import { silentLogger } from '../../../src/lib/index.ts';
import { CHECKPOINT_FEATURE_LEVEL } from '../../../src/store/command.ts';
import { StateComparison } from '../../../src/store/integrity/comparison.ts';
import { Sessions } from '../../../src/store/session.ts';
import { manualClock } from '../../support/manual-clock.ts';

const VOTERS = ['a', 'b', 'c'] as NodeId[];
const OTHER = 'd' as NodeId;

/** Whether a leader proposes a checkpoint when one is due, while all but `OTHER` know what it is, and that one `level`. */
function isProposed(membership: Membership, level: number | undefined): boolean {
  const sessions = new Sessions();
  for (const member of VOTERS) sessions.register(member, `of ${member}`, '', CHECKPOINT_FEATURE_LEVEL);
  if (level !== undefined) sessions.register(OTHER, `of ${OTHER}`, '', level);
  const proposed: Uint8Array[] = [];
  const comparison = new StateComparison({
    member: 'a',
    origin: 'of a',
    interval: { periodMs: 1_000, entries: 1 },
    clock: manualClock(),
    logger: silentLogger,
    membership: () => membership,
    propose: (command) => void proposed.push(command),
    diverged: () => {},
  });
  comparison.observe({ kind: 'compacted' }, 1, () => 'a hash');
  comparison.proposeWhenDue(sessions);
  return proposed.length > 0;
}

describe('a checkpoint', () => {
  it.each<readonly [string, Membership]>([
    ['votes', { voters: [...VOTERS, OTHER], learners: [] }],
    ['learns', { voters: VOTERS, learners: [OTHER] }],
    [
      'is leaving, and applies what comes before its end',
      { voters: VOTERS, learners: [], outgoing: [...VOTERS, OTHER] },
    ],
  ])('waits for a member that does not know it, which %s', (_, membership) => {
    expect(isProposed(membership, undefined)).toBe(false);
    expect(isProposed(membership, CHECKPOINT_FEATURE_LEVEL - 1)).toBe(false);
    expect(isProposed(membership, CHECKPOINT_FEATURE_LEVEL)).toBe(true);
  });

  it('does not wait for one that has left', () => {
    expect(isProposed({ voters: VOTERS, learners: [], retired: [OTHER] }, CHECKPOINT_FEATURE_LEVEL - 1)).toBe(true);
  });
});
