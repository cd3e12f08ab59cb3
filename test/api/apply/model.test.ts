// Server-side apply against a naive model of its specification: whoever applies, forces, replaces, edits and deletes, the library and
// the model have the same object, the same owners of the same fields, and the same conflicts. QUORATE_FUZZ_FACTOR=32 plays ten
// thousand sequences; QUORATE_TEST_SEED draws others.
import '../seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputs } from '../../fuzz/garbage.ts';
import { play } from './model/play.ts';
import { sequences } from './model/steps.ts';
import { REAL, schemaFiles, trialOf } from './model/subjects.ts';
import { mergedOrder } from './model/walks.ts';

const SEQUENCES_OF_A_KIND = 30;
const SEQUENCES_OF_GENERATED_KINDS = 120;
const TIMEOUT_MS = inputs(1) * 30_000;

describe('server-side apply and its model agree', () => {
  it.each(REAL.map((trial) => [trial.kind, trial] as const))(
    'about any sequence of writes of a %s',
    (_kind, trial) => {
      const counts = { writes: 0, conflicts: 0 };
      const runs = { numRuns: inputs(SEQUENCES_OF_A_KIND) };
      fc.assert(
        fc.property(sequences(trial), (steps) => {
          const { writes, conflicts } = play(trial, steps);
          counts.writes += writes;
          counts.conflicts += conflicts;
        }),
        runs,
      );
      // Sequences that never meet would prove nothing.
      expect(counts.writes).toBeGreaterThan(runs.numRuns);
      expect(counts.conflicts).toBeGreaterThan(runs.numRuns / 4);
    },
    TIMEOUT_MS,
  );

  it(
    'about any sequence of writes of kinds with any types and marks',
    () => {
      const cases = schemaFiles.chain((file) =>
        fc.record({ file: fc.constant(file), steps: sequences(trialOf(file)) }),
      );
      fc.assert(
        fc.property(cases, ({ file, steps }) => {
          play(trialOf(file), steps);
        }),
        { numRuns: inputs(SEQUENCES_OF_GENERATED_KINDS) },
      );
    },
    TIMEOUT_MS,
  );
});

describe('the order of a merged list', () => {
  it.each([
    ['is the list’s own where nothing is applied to it', 'abc', '', 'abc'],
    ['is the list’s own where what is applied agrees with it', 'abcd', 'bd', 'abcd'],
    ['is that of the configuration where they differ', 'ab', 'ba', 'ba'],
    ['leaves what only the list has where it is, before the next that both have', 'axb', 'ab', 'axb'],
    ['appends what is new', 'ab', 'abc', 'abc'],
    ['puts what is new before what it is applied before', 'ab', 'acb', 'acb'],
    ['puts what only the list has before what is new', 'ax', 'ay', 'axy'],
  ])('%s', (_what, live, configuration, expected) => {
    expect(mergedOrder([...live], [...configuration]).join('')).toBe(expected);
  });
});
