// Micro-benchmarks: that each case does what it is said to measure, and that those asked for are run. How fast they are
// is no matter here.
import { describe, expect, it } from 'vitest';
import { MICRO_SUBJECTS, runMicro } from '../../bench/micro/run.ts';
import { UserError } from '../../src/lib/index.ts';

/** As little as can be measured. */
const BRIEF = { rounds: 2, roundMs: 1 };

describe('micro-benchmarks', () => {
  it.each(MICRO_SUBJECTS)('of $name work in every case, again and again', async (subject) => {
    const cases = await subject.cases();
    expect(cases.length).toBeGreaterThan(0);
    for (const { run } of cases) for (let i = 0; i < 3; i++) expect(await run()).toBeDefined();
  });

  it('have a name for each subject, and for each case in it', async () => {
    const ids = await Promise.all(
      MICRO_SUBJECTS.map(async (subject) => (await subject.cases()).map(({ name }) => `${subject.name}/${name}`)),
    );
    expect(new Set(ids.flat()).size).toBe(ids.flat().length);
  });

  it('are run by a part of their names, and answer rows as reports hold them, with one figure for each round', async () => {
    const { rows, text } = await runMicro({ ...BRIEF, only: 'tor/label' });
    expect(rows.map(({ id }) => id)).toEqual(['micro-selector/label']);
    const value = rows[0]?.sides[0]?.value;
    expect(value?.runs).toHaveLength(2);
    expect(value?.low).toBeGreaterThan(0);
    expect(text.trimEnd().split('\n')).toHaveLength(2);
    expect(text).toContain('selector/label  match a label selector of four terms');
  });

  it('await what is asynchronous', async () => {
    const { rows } = await runMicro({ ...BRIEF, only: 'store/commit' });
    expect(rows[0]?.sides[0]?.value.median).toBeGreaterThan(0);
  });

  it('say which subjects there are when none has the name', async () => {
    const failed = await runMicro({ only: 'nonsense' }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UserError);
    expect((failed as UserError).message).toContain('nonsense');
    expect((failed as UserError).remedy).toContain('admission, apply, encode');
  });
});
