// The judge of bar 12: what it expects of a history, and that it sees each way in which a watcher could have been told otherwise.
import { describe, expect, it } from 'vitest';
import { differences, digestOf, type Expected, expectedEvents, type KeyHistory } from '../../chaos/watches/model.ts';
import { defined } from '../../src/lib/index.ts';

const put = (revision: number, shade: string, value: string) => ({ kind: 'put', revision, shade, value }) as const;
const gone = (shade: string, value: string) => ({ kind: 'delete', revision: undefined, shade, value }) as const;
const histories: readonly KeyHistory[] = [
  { namespace: 'a', name: 'x', changes: [put(3, 'blue', 'x1'), put(7, 'coral', 'x2'), gone('coral', 'x2')] },
  { namespace: 'b', name: 'y', changes: [put(5, 'coral', 'y1'), put(6, 'coral', 'y2')] },
];
const deletionOf = (key: string): number | undefined => (key === 'a/x' ? 9 : undefined);
const lines = (events: readonly Expected[]): string[] =>
  events.map(({ type, key, revision, value }) => `${revision} ${type} ${key} ${value}`);

describe('what a watcher must be told', () => {
  it('is every change of everything, in the order of revisions, deletions with their own', () => {
    expect(lines(expectedEvents(histories, { namespace: undefined, shades: undefined }, deletionOf))).toEqual([
      '3 ADDED a/x x1',
      '5 ADDED b/y y1',
      '6 MODIFIED b/y y2',
      '7 MODIFIED a/x x2',
      '9 DELETED a/x x2',
    ]);
  });

  it('is that of its namespace only', () => {
    expect(lines(expectedEvents(histories, { namespace: 'b', shades: undefined }, deletionOf))).toEqual([
      '5 ADDED b/y y1',
      '6 MODIFIED b/y y2',
    ]);
  });

  it('tells an object that leaves the selection as deleted, as it was, and one that enters as added', () => {
    expect(lines(expectedEvents(histories, { namespace: 'a', shades: ['blue'] }, deletionOf))).toEqual([
      '3 ADDED a/x x1',
      '7 DELETED a/x x1',
    ]);
    expect(lines(expectedEvents(histories, { namespace: 'a', shades: ['coral'] }, deletionOf))).toEqual([
      '7 ADDED a/x x2',
      '9 DELETED a/x x2',
    ]);
  });
});

describe('the comparison with what it was told', () => {
  const expected = expectedEvents(histories, { namespace: undefined, shades: undefined }, deletionOf);
  const told = (events: readonly Expected[]) => ({
    revisions: events.map(({ revision }) => revision),
    digests: events.map(digestOf),
  });
  const at = (i: number): Expected => defined(expected[i], 'an event');

  it('finds nothing when all is well, also after a later beginning or a jump', () => {
    expect(differences(expected, told(expected), 0, [])).toEqual([]);
    expect(differences(expected, told(expected.slice(1)), 3, [])).toEqual([]);
    const without = told([at(0), at(3), at(4)]);
    expect(differences(expected, without, 0, [{ after: 3, upTo: 6 }])).toEqual([]);
  });

  it('finds an event that is missing, in the middle or at the end', () => {
    expect(differences(expected, told(expected.filter((_, i) => i !== 2)), 0, [])).toEqual([
      'missing: MODIFIED b/y at 6 (y2)',
    ]);
    expect(differences(expected, told(expected.slice(0, -1)), 0, [])).toEqual(['missing: DELETED a/x at 9 (x2)']);
  });

  it('finds one that is repeated, out of order, of another type or value, or of nobody', () => {
    const wrong: readonly (readonly Expected[])[] = [
      [...expected.slice(0, 2), at(1), ...expected.slice(2)],
      [at(0), at(2), at(1), at(3), at(4)],
      expected.map((event, i) => (i === 1 ? { ...event, type: 'MODIFIED' as const } : event)),
      expected.map((event, i) => (i === 3 ? { ...event, value: 'x1' } : event)),
      [...expected, { type: 'ADDED', key: 'a/z', revision: 11, value: 'z1' }],
    ];
    for (const events of wrong) expect(differences(expected, told(events), 0, [])).not.toEqual([]);
  });

  it('finds a deletion that no watcher of everything has seen', () => {
    const unseen = expectedEvents(histories, { namespace: undefined, shades: undefined }, () => undefined);
    expect(differences(unseen, told(expected), 0, [])).not.toEqual([]);
  });
});
