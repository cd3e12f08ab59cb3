// The planted bugs as CI runs them: each at the seed that is known to catch it. A change of the simulator makes another run
// of every seed: then `npm run sim -- --planted --update` is due (test/sim/README.md).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defined, systemClock } from '../../src/lib/index.ts';
import type { PlantedBug } from './planted/bug.ts';
import { HUNTERS, hunt, inParallel, type Quarry } from './planted/hunt.ts';
import { type KnownSeed, readKnownSeeds } from './planted/known-seeds.ts';
import { checkAll, mutate, Workshop } from './planted/mutants.ts';
import { PLANTED, SECTIONS } from './planted/table.ts';

/** Every so many of them here: all are a command of its own (`npm run sim -- --planted`). */
const SAMPLED = 7;

interface Prey {
  readonly bug: PlantedBug | undefined;
  readonly quarry: Quarry;
}

describe('planted bugs', () => {
  let workshop: Workshop;
  let known: ReadonlyMap<string, KnownSeed>;
  beforeAll(() => {
    workshop = new Workshop();
    known = readKnownSeeds(workshop.root);
  });
  afterAll(() => workshop.dispose());

  it('have names of their own, and two or more in each section', () => {
    expect(new Set(PLANTED.map(({ name }) => name)).size).toBe(PLANTED.length);
    expect(SECTIONS.filter(({ bugs }) => bugs.length < 2)).toEqual([]);
    expect([...known.keys()].sort()).toEqual(PLANTED.map(({ name }) => name).sort());
  });

  it('fail loudly when the source they change is not there, or there twice', () => {
    expect(() => checkAll(PLANTED, workshop.root)).not.toThrow();
    const bug = { name: 'x', trap: '', file: 'f.ts', find: 'a', replace: 'b' };
    expect(mutate(bug, 'cad')).toBe('cbd');
    expect(() => mutate(bug, 'cd')).toThrow('occurs 0 times in f.ts');
    expect(() => mutate(bug, 'aa')).toThrow('occurs 2 times in f.ts');
  });

  it('are caught, each at its known seed, and the source as it is passes the same seeds', async () => {
    const clock = systemClock();
    const missed: string[] = [];
    const shares = [...new Set([...known.values()].map(({ share }) => share))];
    const control = shares.map((share): Prey => {
      const seeds = [...known.values()].flatMap((run) => (run.share === share ? [run.seed] : []));
      return { bug: undefined, quarry: { share, seeds: [...new Set(seeds)].map(String) } };
    });
    const planted = PLANTED.filter((_, at) => at % SAMPLED === 0).map((bug): Prey => {
      const { seed, share } = defined(known.get(bug.name), 'a known seed');
      return { bug, quarry: { share, seeds: [String(seed)] } };
    });
    await inParallel([...control, ...planted], HUNTERS, async ({ bug, quarry }) => {
      const { reason } = await hunt(workshop, bug, quarry, clock);
      if (bug === undefined) expect(reason, 'the control').toBeUndefined();
      else if (reason === undefined) missed.push(bug.name);
    });
    expect(missed).toEqual([]);
  }, 600_000);
});
