// Two that change cluster.json at the same time, and one that was killed while it did.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readTopology, writeTopology } from '../../cluster/data-directory.ts';
import { withNewServer } from '../../cluster/growth.ts';
import { type Layout, layoutOf } from '../../cluster/layout.ts';
import { planTopology } from '../../cluster/topology.ts';
import { changeTopology } from '../../cluster/topology-lock.ts';
import { systemClock } from '../../src/lib/index.ts';

const clock = systemClock();

function directory(): Layout {
  const root = mkdtempSync(join(tmpdir(), 'quorate-lock-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const layout = layoutOf(root);
  mkdirSync(layout.run);
  writeTopology(layout, planTopology({ servers: 1, workers: 0, port: 6443, runtime: 'simulated' }, 'c1', []));
  return layout;
}

describe('a change of cluster.json', () => {
  it('loses none of those that are made at the same time, and leaves no lock behind', async () => {
    const layout = directory();
    const add = () =>
      changeTopology(layout, clock, async (topology) => {
        await new Promise((resolve) => setImmediate(resolve));
        return withNewServer(topology, { port: 1, raftPort: 2 });
      });
    await Promise.all([add(), add(), add()]);
    expect(readTopology(layout)).toMatchObject({ nextServer: 5 });
    expect(readdirSync(layout.run)).toEqual([]);
  });

  it('does not wait for one that was killed', async () => {
    const layout = directory();
    writeFileSync(layout.processFile('cluster-change'), JSON.stringify({ pid: process.pid, started: 'another time' }));
    await changeTopology(layout, clock, (topology) => withNewServer(topology, { port: 1, raftPort: 2 }));
    expect(readTopology(layout)).toMatchObject({ nextServer: 3 });
    expect(existsSync(layout.processFile('cluster-change'))).toBe(false);
  });

  it('leaves the record as it was when it fails, and lets the next one in', async () => {
    const layout = directory();
    const failing = changeTopology(layout, clock, () => Promise.reject(new Error('no port')));
    await expect(failing).rejects.toThrow('no port');
    await changeTopology(layout, clock, (topology) => topology);
    expect(readTopology(layout)).toMatchObject({ nextServer: 2 });
  });
});
