// What a recovery is made of, and what it says that may be lost.
import { describe, expect, it } from 'vitest';
import { type FoundServer, mostAdvanced } from '../../src/cli/offline/inspect.ts';
import { planRecovery } from '../../src/cli/recover/plan.ts';

const ASK = { from: undefined, force: false };

function intact(id: string, term: number, index: number, appliedIndex = index): FoundServer {
  const usable = { last: { term, index }, appliedIndex, revision: index, objects: 3 };
  return { id, health: 'intact', problem: undefined, usable };
}
const missing = (id: string): FoundServer => ({ id, health: 'missing', problem: 'no data', usable: undefined });
const damaged = (server: FoundServer): FoundServer => ({ ...server, health: 'damaged', problem: 'a bad record' });

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
    expect(() => planRecovery(found, ASK)).toThrow('the quorum is not lost: 2 of 3 servers are intact (a, b)');
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
});
