// Majorities against naive counting, over every small case.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../../raft/core/index.ts';
import { majorityReached, majorityVote, quorumReached, voteResult } from '../../../raft/core/quorum.ts';

const names = (count: number): NodeId[] => Array.from({ length: count }, (_, i) => `n${i}` as NodeId);

describe('a majority', () => {
  it('has reached exactly the largest value that more than half of the voters have reached', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 7 }), (values) => {
        const voters = names(values.length);
        const reached = majorityReached(voters, (voter) => values[voters.indexOf(voter)] ?? 0);
        const holds = (value: number): boolean => values.filter((v) => v >= value).length * 2 > values.length;
        const naive = [6, 5, 4, 3, 2, 1, 0].find(holds) ?? 0;
        expect(reached).toBe(naive);
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  it('is won or lost as soon as no later vote can change it, for every set of votes', () => {
    for (const size of [1, 2, 3, 4, 5]) {
      const voters = names(size);
      for (let code = 0; code < 3 ** size; code++) {
        const cast = voters.map((_, i) => Math.floor(code / 3 ** i) % 3);
        const votes = new Map(voters.flatMap((v, i) => (cast[i] === 2 ? [] : [[v, cast[i] === 1] as const])));
        const granted = cast.filter((c) => c === 1).length;
        const possible = granted + cast.filter((c) => c === 2).length;
        const naive = granted * 2 > size ? 'won' : possible * 2 > size ? 'open' : 'lost';
        expect(majorityVote(voters, votes)).toBe(naive);
      }
    }
  });

  it('ignores votes of those who do not vote', () => {
    const votes = new Map(names(5).map((voter) => [voter, true]));
    expect(majorityVote(['x', 'y', 'z'] as NodeId[], votes)).toBe('open');
  });
});

/** Two overlapping sets of voters out of six, in any proportion. */
const joint = fc.record({
  voters: fc.subarray(names(6), { minLength: 1 }),
  outgoing: fc.option(fc.subarray(names(6), { minLength: 1 }), { nil: undefined }),
});

describe('a quorum of a joint membership', () => {
  it('has reached what more than half of the voters and more than half of those before have reached', () => {
    fc.assert(
      fc.property(joint, fc.array(fc.nat(6), { minLength: 6, maxLength: 6 }), ({ voters, outgoing }, values) => {
        const reachedBy = (voter: NodeId): number => values[Number(voter.slice(1))] ?? 0;
        const holds = (value: number): boolean =>
          [voters, outgoing ?? voters].every(
            (half) => half.filter((v) => reachedBy(v) >= value).length * 2 > half.length,
          );
        const naive = [6, 5, 4, 3, 2, 1, 0].find(holds) ?? 0;
        expect(quorumReached({ voters, learners: [], outgoing }, reachedBy)).toBe(naive);
      }),
      { seed: 11, numRuns: 5_000 },
    );
  });

  it('elects whom both halves elect, and is lost as soon as one half cannot, whatever votes come later', () => {
    fc.assert(
      fc.property(
        joint,
        fc.array(fc.constantFrom(true, false, undefined), { minLength: 6, maxLength: 6 }),
        (m, cast) => {
          const votes = new Map(
            names(6).flatMap((v, i) => (cast[i] === undefined ? [] : [[v, cast[i] === true] as const])),
          );
          const halves = [m.voters, m.outgoing ?? m.voters];
          const wins = (counts: (vote: boolean | undefined) => boolean): boolean =>
            halves.every((half) => half.filter((v) => counts(votes.get(v))).length * 2 > half.length);
          const naive = wins((vote) => vote === true) ? 'won' : wins((vote) => vote !== false) ? 'open' : 'lost';
          expect(voteResult({ ...m, learners: [] }, votes)).toBe(naive);
        },
      ),
      { seed: 12, numRuns: 5_000 },
    );
  });
});
