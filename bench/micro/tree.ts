// The tree of objects in memory: reading it, changing it, and changing it while somebody holds a frozen view, which is
// how it is changed under load.
import { defined } from '../../src/lib/index.ts';
import { rangeInterval, resourceRange, storeKey, Tree } from '../../src/store/index.ts';
import type { MicroSubject } from './subject.ts';

const ITEMS = 100_000;
const SCANNED = 1_000;
/** Coprime to ITEMS: visits all of them, far from each other. */
const STRIDE = 7_919;

export const TREE: MicroSubject = {
  name: 'tree',
  cases: () => {
    const items = Array.from({ length: ITEMS }, (_, i) => ({ key: storeKey('pods', 'default', `web-${i}`) }));
    const tree = new Tree<(typeof items)[number]>();
    for (const item of items) tree.set(item);
    let at = 0;
    const next = () => {
      at = (at + STRIDE) % ITEMS;
      return defined(items[at], 'an item');
    };
    const whole = rangeInterval(resourceRange('pods', 'default'));
    return [
      { name: 'get', title: `get one of ${ITEMS}`, run: () => tree.get(next().key) },
      { name: 'set', title: `replace one of ${ITEMS}`, run: () => tree.set(next()) },
      {
        name: 'freeze-set',
        title: `freeze, then replace one of ${ITEMS}`,
        run: () => {
          const frozen = tree.freeze();
          tree.set(next());
          return frozen;
        },
      },
      { name: 'count', title: `count a range of ${ITEMS}`, run: () => tree.freeze().count(whole) },
      {
        name: 'scan',
        title: `scan ${SCANNED} items`,
        run: () => {
          let left = SCANNED;
          for (const _ of tree.freeze().scan(whole)) if (--left === 0) break;
          return left;
        },
      },
    ];
  },
};
