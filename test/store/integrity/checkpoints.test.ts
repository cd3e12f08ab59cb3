// What claims of state hashes bring out: against a naive judge, in every order, and the bounds of what is remembered.
import { describe, expect, it } from 'vitest';
import type { Membership, NodeId } from '../../../raft/core/index.ts';
import { prng } from '../../../src/lib/index.ts';
import { Checkpoints, type Verdict } from '../../../src/store/integrity/checkpoints.ts';
import { CHECKPOINTS_KEPT } from '../../../src/store/limits.ts';

const IDS = ['a', 'b', 'c'];
const VOTERS = members(IDS);

/** `before`: who voted before, while joint. */
function members(voters: readonly string[], before?: readonly string[]): Membership {
  return { voters: voters as NodeId[], learners: ['learner' as NodeId], outgoing: before as NodeId[] | undefined };
}

function at(index: number, hash: string): Checkpoints {
  const checkpoints = new Checkpoints();
  checkpoints.taken(index, hash);
  return checkpoints;
}

/** The hash that more than half of each half of the voters claim, looked for by counting each. */
function naiveMajority(
  claims: ReadonlyMap<string, string>,
  halves: readonly (readonly string[])[],
): string | undefined {
  const holds = (hash: string, voters: readonly string[]): boolean =>
    voters.filter((voter) => claims.get(voter) === hash).length * 2 > voters.length;
  return [...new Set(claims.values())].find((hash) => halves.every((voters) => holds(hash, voters)));
}

/** Whether some way to fill in what is not claimed yet gives a majority. */
function mayStillAgree(claims: ReadonlyMap<string, string>, halves: readonly (readonly string[])[]): boolean {
  const hashes = [...new Set(claims.values()), 'new'];
  return hashes.some((hash) => {
    const filled = new Map(halves.flat().map((voter) => [voter, claims.get(voter) ?? hash]));
    return naiveMajority(filled, halves) !== undefined;
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
    expect(at(10, 'x').claimed('a', 10, 'x', members([]))).toBeUndefined();
  });

  it('judge a learner by the voters, and count it for nothing', () => {
    const learner = at(10, 'y');
    learner.claimed('learner', 10, 'y', VOTERS);
    learner.claimed('a', 10, 'y', VOTERS);
    expect(learner.list()[0]?.agreed).toBe(false);
    learner.claimed('b', 10, 'x', VOTERS);
    expect(learner.claimed('c', 10, 'x', VOTERS)).toMatchObject({ kind: 'diverged', theirs: 'x' });
  });

  it('are agreed by nobody while only the voters of one half of a joint membership hold the same', () => {
    const joint = members(['c', 'd', 'e'], IDS);
    const checkpoints = at(10, 'x');
    for (const added of ['c', 'd', 'e']) expect(checkpoints.claimed(added, 10, 'x', joint)).toBeUndefined();
    expect(checkpoints.claimed('a', 10, 'x', joint)).toMatchObject({ kind: 'agreed', differing: [] });
  });

  it('condemn no server by the new voters alone: while joint, those before have their say', () => {
    // One server grows to three, and the two that came hold another state.
    const joint = members(IDS, ['a']);
    const first = at(10, 'x');
    expect(first.claimed('b', 10, 'y', joint)).toBeUndefined();
    expect(first.claimed('c', 10, 'y', joint)).toBeUndefined();
    expect(first.claimed('a', 10, 'x', joint)).toMatchObject({ kind: 'divided' });
  });

  it('condemn no server by the former voters alone either', () => {
    const joint = members(['d'], IDS);
    const added = at(10, 'y');
    for (const former of IDS) expect(added.claimed(former, 10, 'x', joint)).toBeUndefined();
    expect(added.claimed('d', 10, 'y', joint)).toMatchObject({ kind: 'divided' });
  });

  it('count who is leaving while it leaves, and no more when it has left', () => {
    const leaving = at(10, 'x');
    leaving.claimed('a', 10, 'x', members(['b', 'c'], IDS));
    leaving.claimed('b', 10, 'x', members(['b', 'c'], IDS));
    // The former three have agreed; of the two that stay, one has not told.
    expect(leaving.list()[0]?.agreed).toBe(false);
    expect(leaving.claimed('a', 10, 'x', members(['b', 'c']))).toBeUndefined();
    expect(leaving.claimed('c', 10, 'x', members(['b', 'c']))).toMatchObject({ kind: 'agreed' });
  });

  it('ignore claims of entries at which this server does not know its own state', () => {
    const checkpoints = at(10, 'x');
    for (const voter of IDS) expect(checkpoints.claimed(voter, 11, 'y', VOTERS)).toBeUndefined();
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
      const before = Array.from({ length: 1 + random.int(4) }, (_, i) => `v${i + random.int(3)}`);
      const outgoing = random.int(2) === 0 ? undefined : [...new Set(before)];
      const halves = outgoing === undefined ? [voters] : [voters, outgoing];
      const all = [...new Set(halves.flat())];
      const mine = random.pick(['x', 'y', 'z']);
      const checkpoints = at(5, mine);
      const claims = new Map<string, string>();
      const seen: Verdict['kind'][] = [];
      for (let step = 0; step < all.length * 2; step++) {
        const member = random.pick([...all, 'learner']);
        const hash = claims.get(member) ?? random.pick(['x', 'y', 'z']);
        claims.set(member, hash);
        const verdict = checkpoints.claimed(member, 5, hash, members(voters, outgoing));
        const majority = naiveMajority(claims, halves);
        if (verdict !== undefined) seen.push(verdict.kind);
        if (majority !== undefined && majority !== mine) expect(verdict?.kind).toBe('diverged');
        else if (majority === mine) expect(seen).toContain('agreed');
        else if (!mayStillAgree(claims, halves)) expect(seen).toContain('divided');
        else expect(verdict).toBeUndefined();
      }
    }
  });
});
