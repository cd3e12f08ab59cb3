import { describe, expect, it } from 'vitest';
import { checkFamilies, type PartEvent } from '../../chaos/checker/families.ts';
import { checkLinearizable } from '../../chaos/checker/linearizability.ts';
import type { Listing, Operation, Part } from '../../chaos/history/operation.ts';

const base = { process: 1, outcome: 'ok' as const, argument: null };
const whole = { namespace: 5, account: 6, bundle: 7 };

function compose(revision: number, start = 10, end = 20): Operation {
  return { ...base, type: 'compose', key: 'family-a', result: { revision }, start, end };
}

function parts(revision: number, found: Readonly<Partial<Record<Part, number>>>, start = 30): Operation {
  const items = Object.fromEntries(Object.entries(found).map(([part, at]) => [part, { value: part, revision: at }]));
  const result: Listing = { revision, items };
  return { ...base, type: 'parts', key: 'family-a', result, start, end: start + 5 };
}

function told(revisions: Readonly<Partial<Record<Part, number>>>): readonly PartEvent[] {
  return Object.entries(revisions).map(([part, revision]) => ({ part: part as Part, family: 'family-a', revision }));
}

describe('a command of several writes', () => {
  it('is good when everybody sees all of it, or nothing', () => {
    const history = [parts(4, {}, 0), compose(5), parts(7, whole), parts(9, whole)];
    expect(checkFamilies(history, told(whole), 20)).toEqual([]);
    expect(checkLinearizable(history)).toMatchObject({ kind: 'ok' });
  });

  it('is found when a list has a part of it, or is as of a revision within it', () => {
    expect(checkFamilies([parts(9, { namespace: 5, account: 6 })], told(whole), 20)).toEqual([
      'a part of family-a at 9: namespace 5, account 6, bundle -',
    ]);
    expect(checkFamilies([parts(6, { namespace: 5, account: 6 })], told(whole), 20)).toContain(
      'parts family-a is as of 6, within a command',
    );
    const list: Operation = {
      ...base,
      type: 'list',
      key: 'set-',
      result: { revision: 5, items: {} },
      start: 0,
      end: 1,
    };
    expect(checkFamilies([list], told(whole), 20)).toEqual(['list set- is as of 5, within a command']);
  });

  it('is found when a list has nothing of it after it was there', () => {
    expect(checkFamilies([parts(8, {})], told(whole), 20)).toEqual([
      'nothing of family-a at 8, but it was there: namespace 5, account 6, bundle 7',
    ]);
    expect(checkLinearizable([compose(5), parts(7, whole), parts(8, {}, 40)])).toMatchObject({ kind: 'violation' });
  });

  it('is found when watchers are told of a part, or something came between its parts', () => {
    expect(checkFamilies([], told({ namespace: 5, bundle: 7 }), 20)).toEqual([
      'watchers were told of family-a: namespace 5, account -, bundle 7',
    ]);
    expect(checkFamilies([], told({ namespace: 5, account: 7, bundle: 8 }), 20)).toHaveLength(1);
    expect(checkFamilies([], told({ namespace: 5 }), 6)).toEqual([]);
  });

  it('is found when it was acknowledged, and nobody was told of it', () => {
    expect(checkFamilies([compose(5)], [], 20)).toEqual(['acknowledged, but no event: compose family-a at 5']);
  });
});
