import { describe, expect, it } from 'vitest';
import { restartDelayMs } from '../../cluster/supervisor.ts';
import { planTopology, portsNeeded, portsOf } from '../../cluster/topology.ts';

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
  ])('refuses %j with the option, the value and the range', (bad, message) => {
    expect(() => planTopology(bad, 'c1', [])).toThrow(message);
  });

  it('waits longer with each death in a row, up to a limit', () => {
    expect([1, 2, 3, 20].map(restartDelayMs)).toEqual([100, 200, 400, 10_000]);
  });
});
