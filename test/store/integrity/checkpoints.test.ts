// What claims of state hashes bring out: against a naive judge, in every order, and the bounds of what is remembered.
import { describe, expect, it } from 'vitest';
import { prng } from '../../../src/lib/index.ts';
import { Checkpoints, type Verdict } from '../../../src/store/integrity/checkpoints.ts';
import { CHECKPOINTS_KEPT } from '../../../src/store/limits.ts';

const VOTERS = ['a', 'b', 'c'];

function at(index: number, hash: string): Checkpoints {
  const checkpoints = new Checkpoints();
  checkpoints.taken(index, hash);
  return checkpoints;
}

/** The hash that more than half of the voters claim, looked for by counting each. */
function naiveMajority(claims: ReadonlyMap<string, string>, voters: readonly string[]): string | undefined {
  return [...new Set(claims.values())].find(
    (hash) => voters.filter((voter) => claims.get(voter) === hash).length * 2 > voters.length,
  );
}

/** Whether some way to fill in what is not claimed yet gives a majority. */
function mayStillAgree(claims: ReadonlyMap<string, string>, voters: readonly string[]): boolean {
  const hashes = [...new Set(claims.values()), 'new'];
  return hashes.some((hash) => {
    const filled = new Map(voters.map((voter) => [voter, claims.get(voter) ?? hash]));
    return naiveMajority(filled, voters) !== undefined;
  });
}

describe('checkpoints', () => {
  it('are agreed when a majority claims what this server holds, and say who differs', () => {
    const checkpoints = at(10, 'x');
    expect(checkpoints.claimed('c', 10, 'y', VOTERS)).toBeUndefined();
    expect(checkpoints.claimed('a', 10, 'x', VOTERS)).toBeUndefined();
    expect(checkpoints.claimed('b', 10, 'x', VOTERS)).toEqual({
      kind: 'agreed',
      checkpoint: { index: 10, hash: 'x', agreed: true },
      differing: ['c'],
    });
    expect(checkpoints.list()).toEqual([{ index: 10, hash: 'x', agreed: true }]);
  });

  it('tell of a member that claims another state after the majority has agreed', () => {
    const checkpoints = at(10, 'x');
    checkpoints.claimed('a', 10, 'x', VOTERS);
    checkpoints.claimed('b', 10, 'x', VOTERS);
    expect(checkpoints.claimed('b', 10, 'x', VOTERS)).toBeUndefined();
    expect(checkpoints.claimed('c', 10, 'y', VOTERS)).toMatchObject({ kind: 'agreed', differing: ['c'] });
  });

  it('say nothing at a server that is only joining, and knows no voters yet', () => {
    expect(at(10, 'x').claimed('a', 10, 'x', [])).toBeUndefined();
  });

  it('judge a learner by the voters, and count it for nothing', () => {
    const learner = at(10, 'y');
    learner.claimed('learner', 10, 'y', VOTERS);
    learner.claimed('a', 10, 'y', VOTERS);
    expect(learner.list()[0]?.agreed).toBe(false);
    learner.claimed('b', 10, 'x', VOTERS);
    expect(learner.claimed('c', 10, 'x', VOTERS)).toMatchObject({ kind: 'diverged', theirs: 'x' });
  });

  it('ignore claims of entries at which this server does not know its own state', () => {
    const checkpoints = at(10, 'x');
    for (const voter of VOTERS) expect(checkpoints.claimed(voter, 11, 'y', VOTERS)).toBeUndefined();
  });

  it('forget the oldest, so that nothing grows', () => {
    const checkpoints = new Checkpoints();
    for (let index = 1; index <= CHECKPOINTS_KEPT + 3; index++) checkpoints.taken(index, 'x');
    expect(checkpoints.list().map(({ index }) => index)).toEqual(
      Array.from({ length: CHECKPOINTS_KEPT }, (_, i) => i + 4),
    );
  });

  it('judge as a naive judge does, whatever is claimed, in any order and again (3,000 cases)', () => {
    const random = prng(31);
    for (let round = 0; round < 3_000; round++) {
      const voters = Array.from({ length: 1 + random.int(5) }, (_, i) => `v${i}`);
      const mine = random.pick(['x', 'y', 'z']);
      const checkpoints = at(5, mine);
      const claims = new Map<string, string>();
      const seen: Verdict['kind'][] = [];
      for (let step = 0; step < voters.length * 2; step++) {
        const member = random.pick([...voters, 'learner']);
        const hash = claims.get(member) ?? random.pick(['x', 'y', 'z']);
        claims.set(member, hash);
        const verdict = checkpoints.claimed(member, 5, hash, voters);
        const majority = naiveMajority(claims, voters);
        if (verdict !== undefined) seen.push(verdict.kind);
        if (majority !== undefined && majority !== mine) expect(verdict?.kind).toBe('diverged');
        else if (majority === mine) expect(seen).toContain('agreed');
        else if (!mayStillAgree(claims, voters)) expect(seen).toContain('divided');
        else expect(verdict).toBeUndefined();
      }
    }
  });
});
