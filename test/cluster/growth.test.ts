// How a topology changes while its cluster runs, and what its supervisor concludes from that: pure planning.
import { describe, expect, it } from 'vitest';
import { planTopologyChange } from '../../cluster/follow-topology.ts';
import {
  isGone,
  upgradeTopology,
  vacantPorts,
  withLeaving,
  withNewServer,
  withoutServer,
  withStaying,
} from '../../cluster/growth.ts';
import { planTopology, portsOf, replanTopology, type Topology } from '../../cluster/topology.ts';

const wish = { servers: 3, workers: 2, port: 6443, runtime: 'simulated' as const };
const three = planTopology(wish, 'c1', []);
const ids = (topology: Topology): readonly string[] => topology.servers.map(({ id }) => id);

function grown(topology: Topology): Topology {
  const [ports = { port: 1, raftPort: 2 }] = vacantPorts(topology);
  return withNewServer(topology, ports);
}

describe('a topology that grows and shrinks', () => {
  it('never gives an id twice, whoever was removed before', () => {
    const changed = grown(withoutServer(grown(withoutServer(three, 'server-2')), 'server-4'));
    expect(ids(changed)).toEqual(['server-1', 'server-3', 'server-5']);
    expect(changed.nextServer).toBe(6);
    expect(changed.founders).toEqual(['server-1', 'server-2', 'server-3']);
  });

  it('gives places in its port blocks that nobody has, also after years of replacements', () => {
    let topology = three;
    for (let round = 0; round < 40; round += 1) {
      topology = grown(withoutServer(topology, ids(topology)[0] ?? ''));
      const ports = portsOf(topology).map(({ port }) => port);
      expect(new Set(ports).size).toBe(ports.length);
      expect(Math.max(...topology.servers.map(({ raftPort }) => raftPort))).toBeLessThan(wish.port + 21);
    }
  });

  it('offers no block where the ports were picked one by one', () => {
    const picked = planTopology(
      { ...wish, port: 0 },
      'c1',
      [40_000, 41_000, 42_000, 43_000, 44_000, 45_000, 46_000, 47, 48],
    );
    expect(vacantPorts(picked)).toEqual([]);
  });

  it('has seven servers at most', () => {
    const seven = [1, 2, 3, 4].reduce(grown, three);
    expect(ids(seven)).toHaveLength(7);
    expect(() => grown(seven)).toThrow(/7 servers, and 7 are the most/);
  });

  it('knows who leaves, and takes it back', () => {
    const leaving = withLeaving(withLeaving(three, 'server-1'), 'server-3');
    expect(leaving.servers.map((server) => server.leaving)).toEqual([true, undefined, true]);
    expect(withStaying(leaving, 'server-1').servers.map((server) => server.leaving)).toEqual([
      undefined,
      undefined,
      true,
    ]);
  });

  it('keeps its servers when it is laid out on other ports', () => {
    const changed = grown(withoutServer(three, 'server-1'));
    const moved = replanTopology({ ...wish, port: 7443 }, changed, []);
    expect(ids(moved)).toEqual(['server-2', 'server-3', 'server-4']);
    expect(moved.servers.map(({ port }) => port)).toEqual([7444, 7445, 7446]);
    expect(moved).toMatchObject({ nextServer: 5, founders: three.founders });
  });

  it('is read from the format that knew no changes', () => {
    const { founders: _, nextServer: __, formatVersion: ___, ...old } = three;
    expect(upgradeTopology(old)).toEqual(three);
  });
});

describe('what the supervisor concludes from a topology', () => {
  const changed = grown(withoutServer(three, 'server-2'));
  const running = ['server-1', 'server-2', 'server-3', 'load-balancer', 'worker-1'];

  it.each([
    ['nothing when all is as wished', three, running, running, [], []],
    ['starts who is new and ends who is gone', changed, running, running, ['server-4'], ['server-2']],
    [
      'clears up after a server that another supervisor ended',
      changed,
      ['server-1', 'server-3', 'server-4'],
      ['server-2'],
      [],
      ['server-2'],
    ],
    [
      'clears up keys that are left of a server',
      changed,
      ['server-1', 'server-3', 'server-4'],
      ['server-2', 'server-3'],
      [],
      ['server-2'],
    ],
    [
      'touches neither workers nor folders of others',
      three,
      running,
      ['worker-9', 'server-9', 'server-x', 'lost+found'],
      [],
      [],
    ],
    ['starts all when nothing runs', three, [], [], ['server-1', 'server-2', 'server-3'], []],
  ])('%s', (_, topology, kept, left, start, end) => {
    expect(planTopologyChange(topology, kept, left)).toEqual({ start, end });
  });

  it('takes no id for gone that was never given', () => {
    expect(isGone(changed, 'server-2')).toBe(true);
    for (const id of ['server-1', 'server-4', 'server-5', 'server-0', 'server-02', 'worker-1'])
      expect(isGone(changed, id)).toBe(false);
  });
});
