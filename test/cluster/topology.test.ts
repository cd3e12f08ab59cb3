import { describe, expect, it } from 'vitest';
import { directRoute, serverConfig } from '../../cluster/component-configs.ts';
import { withNewServer } from '../../cluster/growth.ts';
import { layoutOf } from '../../cluster/layout.ts';
import { restartDelayMs } from '../../cluster/supervisor.ts';
import {
  type ClusterWish,
  planTopology,
  portsNeeded,
  portsOf,
  replanTopology,
  resumedTopology,
} from '../../cluster/topology.ts';
import { MIB } from '../../src/lib/index.ts';

const wish = { servers: 3, workers: 2, port: 6443, runtime: 'simulated' as const };

describe('the topology of a local cluster', () => {
  it('puts the servers on the ports that follow the load balancer', () => {
    const topology = planTopology(wish, 'c1', []);
    expect(topology.port).toBe(6443);
    expect(topology.servers.map((server) => [server.id, server.port])).toEqual([
      ['server-1', 6444],
      ['server-2', 6445],
      ['server-3', 6446],
    ]);
  });

  it('never gives a port twice, for any size', () => {
    for (let servers = 1; servers <= 7; servers += 1) {
      const ports = portsOf(planTopology({ ...wish, servers, workers: 100 }, 'c1', [])).map((entry) => entry.port);
      expect(new Set(ports).size).toBe(ports.length);
    }
  });

  it('uses the free ports it is given when the port is 0', () => {
    const free = { ...wish, port: 0 };
    const ports = Array.from({ length: portsNeeded(free) }, (_, i) => 40_000 + i);
    const used = portsOf(planTopology(free, 'c1', ports)).map((entry) => entry.port);
    expect(used.sort()).toEqual(ports);
  });

  it.each([
    [{ ...wish, servers: 0 }, /--servers is 0/],
    [{ ...wish, servers: 8 }, /--servers is 8.*1 to 7/],
    [{ ...wish, workers: -1 }, /--workers is -1/],
    [{ ...wish, port: 65_530 }, /--port is 65530/],
    [{ ...wish, diskReserveBytes: 16 * MIB - 1 }, /--disk-reserve is 16777215 bytes.*16Mi to 1Ti/],
    [{ ...wish, diskReserveBytes: 2 ** 40 + 1 }, /--disk-reserve is 1099511627777 bytes/],
  ])('refuses %j with the option, the value and the range', (bad, message) => {
    expect(() => planTopology(bad, 'c1', [])).toThrow(message);
  });

  it('keeps the disk reserve that was wished for once, tells every server, and takes another wish', () => {
    expect(planTopology(wish, 'c1', [])).not.toHaveProperty('diskReserveBytes');
    const made = planTopology({ ...wish, diskReserveBytes: 64 * MIB }, 'c1', []);
    const grown = withNewServer(made, { port: 1, raftPort: 2 });
    const network = { listenHost: undefined, apiHost: '127.0.0.1' };
    const told = grown.servers.map((server) => serverConfig(layoutOf('/data'), grown, server, network, directRoute));
    expect(told.map(({ diskReserveBytes }) => diskReserveBytes)).toEqual(Array(4).fill(64 * MIB));
    const another = { ...wish, servers: 4, diskReserveBytes: 32 * MIB };
    for (const again of [replanTopology(another, grown, []), resumedTopology(another, grown)])
      expect(again.diskReserveBytes).toBe(32 * MIB);
  });

  it('keeps the feature gates that were wished for once, tells every server, and takes another wish or none', () => {
    expect(planTopology({ ...wish, featureGates: {} }, 'c1', [])).not.toHaveProperty('featureGates');
    const made = planTopology({ ...wish, featureGates: { AllBeta: true } }, 'c1', []);
    const network = { listenHost: undefined, apiHost: '127.0.0.1' };
    const told = made.servers.map((server) => serverConfig(layoutOf('/data'), made, server, network, directRoute));
    expect(told.map(({ featureGates }) => featureGates)).toEqual(Array(3).fill({ AllBeta: true }));
    for (const plan of [replanTopology, (asked: ClusterWish) => resumedTopology(asked, made)]) {
      expect(plan({ ...wish, featureGates: { AllAlpha: true } }, made, []).featureGates).toEqual({ AllAlpha: true });
      expect(plan({ ...wish, featureGates: {} }, made, [])).not.toHaveProperty('featureGates');
    }
  });

  it('has every server listen where pods reach this machine, if they do', () => {
    const made = planTopology(wish, 'c1', []);
    const [server] = made.servers;
    if (server === undefined) throw new Error('there are servers');
    const listen = (listenHost: string | undefined) =>
      serverConfig(layoutOf('/data'), made, server, { listenHost, apiHost: '127.0.0.1' }, directRoute).listen;
    const { port } = server;
    expect(listen(undefined)).toEqual([{ host: '127.0.0.1', port }]);
    expect(listen('172.17.0.1')).toEqual([
      { host: '127.0.0.1', port },
      { host: '172.17.0.1', port },
    ]);
  });

  it('waits longer with each death in a row, up to a limit', () => {
    expect([1, 2, 3, 20].map(restartDelayMs)).toEqual([100, 200, 400, 10_000]);
  });
});
