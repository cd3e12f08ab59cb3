import { describe, expect, it } from 'vitest';
import { requirementsOfFaults, requirementsOfSoak } from '../../chaos/bars/of-soak.ts';
import { gatesHold } from '../../chaos/bars/requirement.ts';
import type { DamageRecord } from '../../chaos/faults/damage.ts';
import type { FaultRecord } from '../../chaos/faults/inject.ts';
import { BAR_FAMILIES, type FaultKind, SOAK_DECK } from '../../chaos/faults/plan.ts';
import { accountsOf } from '../../chaos/soak/accounts.ts';
import type { SoakResult } from '../../chaos/soak/soak.ts';

const fault: FaultRecord = {
  kind: 'kill-leader',
  leader: 'server-1',
  harmed: ['server-1'],
  fromMs: 1_000,
  healedMs: 1_500,
  wholeMs: 2_000,
  termBefore: 1,
  termAfter: 1,
  wakingReads: 0,
  broken: [],
  damages: [],
  outAfterMs: undefined,
  told: undefined,
};

function result(faults: readonly FaultRecord[]): SoakResult {
  const linearizable = { kind: 'ok', operations: 0, keys: 0 } as const;
  const calm = {
    history: [],
    events: 0,
    watchTroubles: [],
    partTroubles: [],
    families: 0,
    stateTroubles: [],
    checkedInMs: 0,
    lastedMs: 0,
  };
  return { ...calm, seed: 1, faults, linearizable };
}

describe('the bars of a soak', () => {
  it('have each family of bar 5 twenty times in eight rounds of the deck', () => {
    const kinds = Array.from({ length: 8 }, () => SOAK_DECK).flat();
    const faults = kinds.map((kind): FaultRecord => ({ ...fault, kind }));
    const soak = result(faults);
    const rows = requirementsOfSoak(soak, accountsOf([], faults), 30);
    expect(faults.length).toBeGreaterThanOrEqual(300);
    for (const what of ['faults', ...Object.keys(BAR_FAMILIES).map((family) => `  of them: ${family}`)])
      expect(
        rows.find((row) => row.what === what),
        what,
      ).toMatchObject({ holds: true });
    const withoutFull = result(faults.filter(({ kind }) => kind !== 'disk-full'));
    const row = requirementsOfSoak(withoutFull, accountsOf([], faults), 30).find(({ what }) =>
      what.includes('disk full'),
    );
    expect(row).toMatchObject({ measured: '0', holds: false });
  });

  it('are broken by a damaged server that neither came back nor asked to be replaced (bar 10)', () => {
    const damage = (outcome: DamageRecord['outcome'], afterMs: number): FaultRecord => ({
      ...fault,
      kind: 'corrupt',
      damages: [{ server: 's', file: 'f', fileKind: 'log marker', damage: 'bit', running: false, outcome, afterMs }],
    });
    expect(holds([damage('whole', 5_000), damage('asks', 59_000)])).toBe(true);
    expect(holds([damage('whole', 61_000)])).toBe(false);
    expect(holds([damage('lost', 60_000)])).toBe(false);
  });

  it('are broken by a server that is slow to go out with its disk, or goes on (bar 11)', () => {
    const out = (kind: FaultKind, outAfterMs: number | undefined): FaultRecord => ({ ...fault, kind, outAfterMs });
    expect(holds([out('disk-full', 900), out('fsync-error', 100), out('disk-fills', 400)])).toBe(true);
    expect(holds([out('disk-full', 900), out('disk-full', 1_100)])).toBe(false);
    expect(holds([out('fsync-error', undefined)])).toBe(false);
  });
});

function holds(faults: readonly FaultRecord[]): boolean {
  return gatesHold(requirementsOfFaults(result(faults), accountsOf([], faults)));
}
