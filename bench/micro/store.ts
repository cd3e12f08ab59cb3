// The store in one process, without consensus and disk: what is left of a write and of a read.
import { systemClock } from '../../src/lib/index.ts';
import { createMemoryStore, resourceRange, storeKey } from '../../src/store/index.ts';
import { CONFIG_MAP } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const STORED = 10_000;
const SCANNED = 100;

export const STORE: MicroSubject = {
  name: 'store',
  async cases() {
    const store = createMemoryStore({ clock: systemClock() });
    await store.start();
    const never = new AbortController().signal;
    const keyOf = (i: number) => storeKey('configmaps', 'default', `web-${i}`);
    const put = (i: number) => {
      const key = keyOf(i);
      const conditions = [{ kind: 'absent', key } as const];
      return store.commit({ conditions, writes: [{ kind: 'put', key, envelope: CONFIG_MAP.envelope }] }, never);
    };
    for (let i = 0; i < STORED; i += 1) await put(i);
    let next = STORED;
    const wanted = keyOf(STORED >> 1);
    return [
      { name: 'commit', title: `create one more among ${STORED}`, run: () => put(next++) },
      { name: 'get', title: `get one of ${STORED}`, run: () => store.snapshot().get(wanted) },
      {
        name: 'scan',
        title: `scan ${SCANNED} objects`,
        run: () => {
          let left = SCANNED;
          for (const _ of store.snapshot().scan(resourceRange('configmaps', 'default'))) if (--left === 0) break;
          return left;
        },
      },
    ];
  },
};
