import { describe, expect, it } from 'vitest';
import type { FaultRecord } from '../../chaos/faults/inject.ts';
import { FAULT_KINDS, faultPlan } from '../../chaos/faults/plan.ts';
import type { Operation } from '../../chaos/history/operation.ts';
import { accountsOf } from '../../chaos/soak/accounts.ts';
import { prng } from '../../src/lib/index.ts';

const fault: FaultRecord = {
  kind: 'kill-leader',
  leader: 'server-1',
  harmed: ['server-1'],
  fromMs: 1_000,
  healedMs: 1_500,
  wholeMs: 2_000,
  termBefore: 1,
  termAfter: 2,
  wakingReads: 0,
  broken: [],
  damages: [],
  outAfterMs: undefined,
  told: undefined,
};

function write(via: string, endMs: number, outcome: Operation['outcome'] = 'ok'): Operation {
  const end = endMs * 1e6;
  const result = outcome === 'ok' ? { revision: 1 } : null;
  return { process: 1, type: 'write', key: 'r', argument: { value: 'x' }, result, start: end - 1e6, end, outcome, via };
}

describe('the accounts of a soak', () => {
  it('count the gap among clients of living servers only', () => {
    const beats = [700, 900, 1_100, 1_700, 1_900, 2_100, 2_300].map((at) => write('server-2', at));
    const dead = [1_300, 1_500].flatMap((at) => [write('server-1', at), write('balancer', at)]);
    const [account] = accountsOf([...beats, ...dead], [fault]).faults;
    expect(account).toMatchObject({ kind: 'kill-leader', times: 1, p50Ms: 600, maxMs: 600, leaderChanges: 1 });
  });

  it('count the gap of the whole cluster when every server was harmed', () => {
    const all: FaultRecord = { ...fault, kind: 'kill-all', harmed: ['server-1', 'server-2'] };
    const history = [
      write('server-1', 700),
      write('server-2', 1_000),
      write('server-1', 1_900),
      write('server-2', 2_390),
    ];
    expect(accountsOf(history, [all]).faults[0]?.gaps).toEqual([{ fromMs: 0, ms: 900 }]);
  });

  it('excuse what ended at a harmed server during its fault, and nothing else', () => {
    const excused = [write('server-1', 1_200, 'unknown'), write('balancer', 1_200, 'unknown')];
    const guilty = [
      write('server-2', 1_200, 'unknown'),
      write('server-1', 900, 'unknown'),
      write('server-1', 2_100, 'unknown'),
      write('balancer', 2_100, 'unknown'),
    ];
    expect(accountsOf([...excused, ...guilty], [fault]).failedAtLiving).toEqual(guilty);
  });
});

describe('the plan of faults', () => {
  it('is the same for a seed, another for another, and has every kind in each round', () => {
    const first = (seed: number, count: number) => {
      const plan = faultPlan(prng(seed), FAULT_KINDS);
      return Array.from({ length: count }, () => plan.next().value);
    };
    expect(first(7, 40)).toEqual(first(7, 40));
    expect(first(7, 40)).not.toEqual(first(8, 40));
    const round = first(7, 2 * FAULT_KINDS.length).slice(FAULT_KINDS.length);
    expect(round.map(({ kind }) => kind).sort()).toEqual([...FAULT_KINDS].sort());
  });
});
