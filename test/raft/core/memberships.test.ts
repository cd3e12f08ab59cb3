// The membership that a log holds against a naive replay: after every step the whole log is read again from its beginning.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, encodeMembership, type LogIndex, type NodeId, type Term } from '../../../raft/core/index.ts';
import { afterJoint, membershipOf, plan } from '../../../raft/core/membership.ts';
import { Memberships } from '../../../raft/core/memberships.ts';

const FOUNDING = { voters: ['n0', 'n1', 'n2'] as NodeId[], learners: [] };

type Step =
  | { readonly kind: 'append'; readonly back: number; readonly entries: readonly boolean[] }
  | { readonly kind: 'commit'; readonly share: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      back: fc.nat(4),
      entries: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('commit' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  ),
  { maxLength: 40 },
);

function runs(given: readonly Step[]): void {
  const tracked = new Memberships(FOUNDING);
  let log: Entry[] = [];
  let commit = 0;
  let made = 0;
  for (const step of given) {
    if (step.kind === 'commit') {
      commit = Math.max(commit, Math.floor(step.share * log.length));
      tracked.committedTo(commit as LogIndex);
    } else {
      // What is committed is never cut off.
      const kept = Math.max(commit, log.length - step.back);
      const entries = step.entries.map((isMembership, i): Entry => {
        made += 1;
        const data = isMembership
          ? encodeMembership({ voters: [`v${made}` as NodeId], learners: [] })
          : new Uint8Array(0);
        const kind = isMembership ? 'membership' : 'command';
        return { index: (kept + i + 1) as LogIndex, term: 1 as Term, kind, data };
      });
      log = [...log.slice(0, kept), ...entries];
      tracked.appended(entries);
    }
    const held = log.filter((entry) => entry.kind === 'membership');
    const newest = held.at(-1);
    const committed = held.findLast((entry) => entry.index <= commit);
    expect(tracked.current).toEqual(newest === undefined ? FOUNDING : membershipOf(newest));
    expect(tracked.committed).toEqual(committed === undefined ? FOUNDING : membershipOf(committed));
  }
}

describe('the memberships of a log', () => {
  it('are the newest in the log and the newest that is committed, through every append, cut and commit', () => {
    fc.assert(fc.property(steps, runs), { seed: 5, numRuns: 2_000 });
  });

  it('are the same after a restart, which reads the log above what was applied', () => {
    const entries = [2, 5, 9].map((index): Entry => {
      const data = encodeMembership({ voters: [`v${index}` as NodeId], learners: [] });
      return { index: index as LogIndex, term: 1 as Term, kind: 'membership', data };
    });
    const [first, second] = entries;
    const restarted = new Memberships(second === undefined ? FOUNDING : membershipOf(second));
    // The log may still hold what the state has already: older entries change nothing.
    restarted.appended(entries);
    expect(restarted.current.voters).toEqual(['v9']);
    expect(restarted.committed.voters).toEqual(['v5']);
    expect(first?.index).toBe(2);
  });
});

describe('a change of members', () => {
  const change = fc.record({
    kind: fc.constantFrom('add' as const, 'promote' as const, 'remove' as const),
    member: fc.integer({ min: 0, max: 6 }).map((n) => `n${n}` as NodeId),
    address: fc.constant('host:1'),
    autoPromote: fc.boolean(),
  });

  it('never leaves the cluster without a voter, a member in two places, or an id that is used twice', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 20 }), (lists) => {
        let now = membershipOf({ index: 1 as LogIndex, data: encodeMembership(FOUNDING) });
        const added = new Set<NodeId>(FOUNDING.voters);
        for (const list of lists) {
          const planned = plan(now, list);
          if ('refusal' in planned) continue;
          for (const { kind, member } of list) {
            if (kind !== 'add') continue;
            expect(added.has(member)).toBe(false);
            added.add(member);
          }
          const joint = planned.membership;
          const next = joint.outgoing === undefined ? joint : afterJoint(joint);
          const places = [...next.voters, ...next.learners, ...(next.retired ?? [])];
          expect(next.voters.length).toBeGreaterThan(0);
          expect(new Set(places)).toEqual(added);
          expect(places.length).toBe(added.size);
          expect(membershipOf({ index: 1 as LogIndex, data: encodeMembership(next) })).toEqual({ ...next, index: 1 });
          now = next;
        }
      }),
      { seed: 6, numRuns: 1_000 },
    );
  });
});
