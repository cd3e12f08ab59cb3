// A failing seed shrinks to what it takes to fail. The failure is made by planting a bug, for there should be no other.
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { defined } from '../../src/lib/index.ts';
import { readKnownSeeds } from './planted/known-seeds.ts';
import { Workshop } from './planted/mutants.ts';
import { PLANTED } from './planted/table.ts';
import { checkOf } from './shrink.ts';

/** Caught early in its run, so that each try is short. */
const BUG = 'watch-gap';
const workshop = new Workshop();
afterAll(() => workshop.dispose());

describe('shrinking', () => {
  it('leaves out faults and clients as long as the same check is broken, and prints the rest', async () => {
    const bug = PLANTED.find(({ name }) => name === BUG);
    const { seed, share } = defined(readKnownSeeds(workshop.root).get(BUG), 'a known seed');
    const command = await workshop.build(bug, 'test/sim/main.ts');
    const { stdout, status } = spawnSync(
      process.execPath,
      [command, '--shrink', String(seed), '--share', String(share)],
      { encoding: 'utf8' },
    );
    expect(stdout).toMatch(/^seed \d+: watch-/m);
    expect(stdout).toMatch(/^without \w+\d: watch-/m);
    expect(stdout).toMatch(/ {2}fault kinds: none\n {2}faults: none\n {2}clients: (?:\S+, ){1,4}\S+\n$/);
    expect(status).toBe(1);
  }, 300_000);

  it('tells checks apart by their words, not by the servers, entries and revisions in them', () => {
    expect(checkOf('durability: n1 lost entry 3@2')).toBe(checkOf('durability: n2 lost entry 17@5'));
    expect(checkOf('n1 voted twice in term 3')).toBe(checkOf('n3 voted twice in term 12'));
    expect(checkOf('n1 voted twice in term 3')).not.toBe(checkOf('stale: client1.3 at 5'));
  });
});
