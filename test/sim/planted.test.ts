// The planted bugs as CI runs them: each at the seed that is known to catch it. A change of the simulator makes another run
// of every seed, so a bug that its known seed misses is hunted a little further before it counts as missed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/index.ts';
import { HUNTERS, hunt, inParallel } from './planted/hunt.ts';
import { readKnownSeeds } from './planted/known-seeds.ts';
import { checkAll, mutate, Workshop } from './planted/mutants.ts';
import { PLANTED, SECTIONS } from './planted/table.ts';

/** Seeds that are tried when the known one does not catch any more: then `npm run sim -- --planted --update` is due. */
const FURTHER_SEEDS = '1-60';

describe('planted bugs', () => {
  let workshop: Workshop;
  let known: ReadonlyMap<string, number>;
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
    await inParallel([undefined, ...PLANTED], HUNTERS, async (bug) => {
      const seeds = bug === undefined ? [...new Set(known.values())].map(String) : [String(known.get(bug.name))];
      const caught = await hunt(workshop, bug, seeds, clock);
      if (bug === undefined) expect(caught.reason, 'the control').toBeUndefined();
      else if (caught.reason === undefined) {
        const further = await hunt(workshop, bug, [FURTHER_SEEDS], clock);
        if (further.reason === undefined) missed.push(bug.name);
      }
    });
    expect(missed).toEqual([]);
  }, 600_000);
});
