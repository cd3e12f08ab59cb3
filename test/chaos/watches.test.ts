import { describe, expect, it } from 'vitest';
import { checkWatches, type Event } from '../../chaos/checker/watches.ts';
import type { Operation } from '../../chaos/history/operation.ts';

const base = { process: 1, outcome: 'ok' as const };
const history: readonly Operation[] = [
  { ...base, type: 'create', key: 'set-1', argument: { value: 'a' }, result: { revision: 1 }, start: 0, end: 10 },
  { ...base, type: 'write', key: 'set-1', argument: { value: 'b' }, result: { revision: 2 }, start: 20, end: 30 },
  { ...base, type: 'create', key: 'set-2', argument: { value: 'c' }, result: { revision: 3 }, start: 25, end: 35 },
  {
    ...base,
    type: 'list',
    key: 'set-',
    argument: null,
    result: { revision: 3, items: { 'set-1': { value: 'b', revision: 2 }, 'set-2': { value: 'c', revision: 3 } } },
    start: 40,
    end: 45,
  },
  { ...base, type: 'delete', key: 'set-1', argument: null, result: null, start: 50, end: 60 },
];
const events: readonly Event[] = [
  { type: 'ADDED', key: 'set-1', revision: 1, value: 'a' },
  { type: 'MODIFIED', key: 'set-1', revision: 2, value: 'b' },
  { type: 'ADDED', key: 'set-2', revision: 3, value: 'c' },
  { type: 'DELETED', key: 'set-1', revision: 4, value: 'b' },
];
const without = (i: number): readonly Event[] => events.filter((_, at) => at !== i);

describe('watches', () => {
  it('that tell everything once, in order, are good', () => {
    expect(checkWatches(history, [events, events], 4)).toEqual([]);
    expect(checkWatches(history, [events, events.slice(0, 3)], 3)).toEqual([]);
  });

  it('that miss an event are found by the others, or by what was acknowledged', () => {
    expect(checkWatches(history, [events, without(3)], 4)).toEqual(['watcher 1 missed 4 DELETED set-1 = b']);
    expect(checkWatches(history, [without(1), without(1)], 4)).toContain(
      'acknowledged, but no event: write set-1 at 2',
    );
  });

  it('that repeat themselves, or go back, are found', () => {
    const twice = [...events.slice(0, 2), ...events.slice(1)];
    expect(checkWatches(history, [events, twice], 4)).toContain('watcher 1: revision 2 (set-1) came after 2');
    const swapped = [events[1], events[0], events[2], events[3]].filter((event) => event !== undefined);
    expect(checkWatches(history, [events, swapped], 4)).toContain('watcher 1: revision 1 (set-1) came after 2');
  });

  it('that tell different stories are found', () => {
    const other = events.map((event) => (event.revision === 2 ? { ...event, value: 'x' } : event));
    expect(checkWatches(history, [events, other], 4)).toEqual([
      'watcher 1 missed 2 MODIFIED set-1 = b',
      'watcher 1 alone was told 2 MODIFIED set-1 = x',
    ]);
  });

  it('that tell of writes which were refused, or never asked for, are found', () => {
    const refused = history.map((operation) =>
      operation.type === 'write' ? { ...operation, outcome: 'failed' as const, result: null } : operation,
    );
    expect(checkWatches(refused, [events], 4)).toContain("nobody's write: 2 MODIFIED set-1 = b");
  });

  it('that add what is there are found', () => {
    const added = events.map((event) => (event.revision === 2 ? { ...event, type: 'ADDED' as const } : event));
    expect(checkWatches(history, [added], 4)).toContain('out of place: 2 ADDED set-1 = b');
  });
});

describe('lists and real time', () => {
  it('a list that lacks what was there at its revision is found', () => {
    const short = history.map((operation) =>
      operation.type === 'list'
        ? { ...operation, result: { revision: 3, items: { 'set-1': { value: 'b', revision: 2 } } } }
        : operation,
    );
    expect(checkWatches(short, [events], 4)).toEqual(['the list of set- at 3 has 1 items, and should have 2']);
  });

  it('a list as of an older revision than was acknowledged before it is found', () => {
    const stale = history.map((operation) =>
      operation.type === 'list'
        ? { ...operation, result: { revision: 2, items: { 'set-1': { value: 'b', revision: 2 } } } }
        : operation,
    );
    expect(checkWatches(stale, [events], 4)).toEqual(['list set- at 2 began after 3 was acknowledged']);
  });
});
