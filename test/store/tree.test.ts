// The persistent tree against a naive model: contents, order, counts, and that frozen views never change.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prng } from '../../src/lib/index.ts';
import { Tree, type TreeView } from '../../src/store/tree.ts';

interface Item {
  readonly key: string;
  readonly value: number;
}

const everything = { from: '', to: undefined };

function expectSame(view: TreeView<Item>, model: ReadonlyMap<string, number>): void {
  const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }));
  expect([...view.scan(everything)]).toEqual(expected);
  expect(view.size).toBe(model.size);
}

describe('the tree', () => {
  it('behaves as a sorted map does, in every frozen view, whatever follows', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = prng(seed);
      const tree = new Tree<Item>();
      const model = new Map<string, number>();
      const frozen: { view: TreeView<Item>; model: Map<string, number> }[] = [];
      let wrong = 0;
      const keys = 50 + random.int(1500);
      for (let step = 0; step < 6000; step++) {
        const key = `k/${String(random.int(keys)).padStart(random.int(2) * 5, '0')}`;
        // Phases in which deletions prevail make nodes join.
        const deletes = step % 2000 > 1300 ? 0.8 : 0.2;
        if (random.chance(deletes)) {
          if (tree.delete(key)?.value !== model.get(key)) wrong += 1;
          model.delete(key);
        } else {
          if (tree.set({ key, value: step })?.value !== model.get(key)) wrong += 1;
          model.set(key, step);
        }
        if (random.chance(0.003)) frozen.push({ view: tree.freeze(), model: new Map(model) });
      }
      for (const past of frozen) expectSame(past.view, past.model);
      expectSame(tree.freeze(), model);
      for (const [key, value] of model) if (tree.get(key)?.value !== value) wrong += 1;
      expect(wrong).toBe(0);
    }
  });

  it('counts and scans any interval as filtering does', () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[ab/]{1,5}$/), { maxLength: 200 });
    const bound = fc.stringMatching(/^[ab/]{0,4}$/);
    fc.assert(
      fc.property(keys, bound, fc.option(bound, { nil: undefined }), (list, from, to) => {
        const tree = new Tree<Item>();
        for (const [value, key] of list.entries()) tree.set({ key, value });
        const expected = list.filter((key) => key >= from && (to === undefined || key < to)).sort();
        const view = tree.freeze();
        expect([...view.scan({ from, to })].map((item) => item.key)).toEqual(expected);
        expect(view.count({ from, to })).toBe(expected.length);
      }),
      { seed: 11 },
    );
  });

  it('holds names that count upwards, downwards and shuffled, and empties again', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `pods/default/web-${String(i).padStart(6, '0')}`);
    const random = prng(3);
    const shuffled = names.map((name) => ({ name, at: random.uint32() })).sort((a, b) => a.at - b.at);
    for (const order of [names, names.toReversed(), shuffled.map(({ name }) => name)]) {
      const tree = new Tree<Item>();
      for (const [value, key] of order.entries()) tree.set({ key, value });
      expect([...tree.freeze().scan(everything)].map((item) => item.key)).toEqual(names);
      expect(order.filter((key) => tree.delete(key)?.key !== key)).toEqual([]);
      expect(tree.size).toBe(0);
      expect([...tree.freeze().scan(everything)]).toEqual([]);
    }
  });

  it('gives an edited copy a life of its own', () => {
    const tree = new Tree<Item>();
    for (let i = 0; i < 100; i++) tree.set({ key: `${i}`, value: i });
    const view = tree.freeze();
    const copy = view.edit();
    copy.delete('7');
    tree.set({ key: '7', value: 700 });
    expect(view.get('7')?.value).toBe(7);
    expect(copy.get('7')).toBeUndefined();
    expect(tree.get('7')?.value).toBe(700);
  });
});
