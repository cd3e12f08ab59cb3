// What a recovery is made of, and what it says that may be lost.
import { describe, expect, it } from 'vitest';
import type { Membership, NodeId } from '../../raft/core/index.ts';
import { type FoundServer, mostAdvanced } from '../../src/cli/offline/inspect.ts';
import { planRecovery as planOf, type RecoveryPlan, type RecoveryWish } from '../../src/cli/recover/plan.ts';

const ASK = { from: undefined, force: false };

function intact(id: string, term: number, index: number, appliedIndex = index): FoundServer {
  const usable = { last: { term, index }, appliedIndex, revision: index, objects: 3, membership: undefined };
  return { id, health: 'intact', problem: undefined, usable };
}
const missing = (id: string): FoundServer => ({ id, health: 'missing', problem: 'no data', usable: undefined });
const damaged = (server: FoundServer): FoundServer => ({ ...server, health: 'damaged', problem: 'a bad record' });

/** As of a cluster whose servers are all founders, where no server says otherwise. */
function planRecovery(found: readonly FoundServer[], wish: RecoveryWish): RecoveryPlan {
  const founders = found.map(({ id }) => id);
  return planOf(found, founders, wish);
}

/** An intact server that knows who votes, who learns and, while joint, who voted before. */
function knowing(server: FoundServer, voters: string, learners = '', before?: string): FoundServer {
  const ids = (names: string): NodeId[] => [...names] as NodeId[];
  const outgoing = before === undefined ? undefined : ids(before);
  const membership: Membership = { voters: ids(voters), learners: ids(learners), outgoing };
  const { usable } = server;
  return usable === undefined ? server : { ...server, usable: { ...usable, membership } };
}

describe('the server to recover from', () => {
  it.each([
    ['the later term, however short its log', [intact('a', 2, 900), intact('b', 3, 10)], 'b'],
    ['the longer log of the same term', [intact('a', 3, 10), intact('b', 3, 11)], 'b'],
    ['the first of equals', [intact('a', 3, 10), intact('b', 3, 10)], 'a'],
    ['the intact one of equals', [damaged(intact('a', 3, 10)), intact('b', 3, 10)], 'b'],
    ['a damaged one that holds more', [damaged(intact('a', 3, 11)), intact('b', 3, 10)], 'a'],
    [
      'the only one with anything',
      [missing('a'), damaged({ ...intact('b', 1, 1), usable: undefined }), intact('c', 1, 1)],
      'c',
    ],
  ])('is %s', (_, found, expected) => {
    expect(mostAdvanced(found)?.id).toBe(expected);
  });

  it('is the one that is asked for, and what others hold beyond it is said to be lost', () => {
    const found = [intact('a', 3, 10), intact('b', 3, 12), missing('c'), missing('d')];
    const plan = planRecovery(found, { from: 'a', force: false });
    expect(plan.source.id).toBe('a');
    expect(plan.consequences.join('\n')).toContain('b holds more (entry 12 of term 3)');
  });

  it('cannot be one that is unknown or holds nothing', () => {
    const found = [intact('a', 3, 10), missing('b'), missing('c')];
    expect(() => planRecovery(found, { from: 'x', force: false })).toThrow('--from x is none of the servers (a, b, c)');
    expect(() => planRecovery(found, { from: 'b', force: false })).toThrow('--from b cannot be used: no data');
  });
});

describe('a recovery', () => {
  it('is refused while a majority is intact, and done all the same when forced', () => {
    const found = [intact('a', 3, 10), intact('b', 3, 10), missing('c')];
    expect(() => planRecovery(found, ASK)).toThrow(
      'the quorum is not lost: 2 of the 3 servers that vote are intact (a, b)',
    );
    expect(planRecovery(found, { from: undefined, force: true }).source.id).toBe('a');
  });

  it('is needed when half of an even number is left', () => {
    expect(planRecovery([intact('a', 1, 1), missing('b')], ASK).source.id).toBe('a');
  });

  it('is impossible when nothing can be read, and says what is wrong with each server', () => {
    expect(() => planRecovery([missing('a'), missing('b')], ASK)).toThrow('a: no data; b: no data');
  });

  it('says which entries were perhaps never committed, and that those who are missing may have held more', () => {
    const { consequences } = planRecovery([intact('a', 3, 15, 10), missing('b'), missing('c')], ASK);
    const text = consequences.join('\n');
    expect(text).toContain("a's last 5 log entries (11 to 15)");
    expect(text).toContain("b, c cannot be read: what they acknowledged after a's entry 15 without it is lost");
    expect(text).toContain('raised by 10^9');
  });

  it('counts no learners: neither to refuse it, nor among what was lost', () => {
    const learning = (id: string): FoundServer => knowing(intact(id, 3, 10), 'abc', 'de');
    const oneVoter = [
      knowing(intact('a', 3, 10), 'abc', 'de'),
      missing('b'),
      missing('c'),
      learning('d'),
      learning('e'),
    ];
    const plan = planRecovery(oneVoter, ASK);
    expect(plan.voters).toBe(3);
    expect(plan.consequences).toContainEqual(expect.stringContaining('d, e had no vote'));
    const noLearner = [...oneVoter.slice(0, 1), knowing(intact('b', 3, 10), 'abc', 'de')];
    expect(() => planRecovery([...noLearner, ...['c', 'd', 'e'].map(missing)], ASK)).toThrow(
      '2 of the 3 servers that vote are intact (a, b)',
    );
  });

  it('says nothing of what a lost learner had acknowledged: that counted for nobody', () => {
    const found = [knowing(intact('a', 3, 10), 'ab', 'c'), missing('b'), missing('c')];
    const text = planRecovery(found, ASK).consequences.join('\n');
    expect(text).toContain('b cannot be read');
    expect(text).not.toContain('b, c cannot be read');
  });

  it('takes a majority of both halves while the membership is joint', () => {
    // From a, b, c to c, d, e.
    const joint = (id: string): FoundServer => knowing(intact(id, 3, 10), 'cde', '', 'abc');
    const halfOnly = [missing('a'), missing('b'), joint('c'), joint('d'), joint('e')];
    expect(planRecovery(halfOnly, ASK).source.id).toBe('c');
    const both = [missing('a'), joint('b'), joint('c'), joint('d'), missing('e')];
    expect(() => planRecovery(both, ASK)).toThrow('3 of the 5 servers that vote are intact (b, c, d)');
  });

  it('believes the newest members, which the log that goes on furthest holds', () => {
    const found = [knowing(intact('a', 3, 10), 'ab', 'c'), knowing(intact('b', 4, 11), 'abc'), missing('c')];
    expect(() => planRecovery(found, ASK)).toThrow('2 of the 3 servers that vote are intact (a, b)');
  });

  it('counts the founders where no members were ever written, and not a server that never came', () => {
    const found = [intact('a', 1, 1), missing('b')];
    expect(() => planOf(found, ['a'], ASK)).toThrow('1 of the 1 servers that vote are intact (a)');
  });
});
