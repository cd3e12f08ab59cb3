// The links between servers that come and go, on real sockets.
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { linksHere } from '../../chaos/network/links.ts';
import { openPeerNetwork } from '../../chaos/network/peer-network.ts';
import { planTopology, type Topology } from '../../cluster/index.ts';
import { defined, prng, systemClock } from '../../src/lib/index.ts';

const founded = planTopology({ servers: 2, workers: 0, port: 20_000, runtime: 'simulated' }, 'abc', []);
const third = { id: 'server-3', port: 20_003, raftPort: 20_013 };

function serverOf(topology: Topology, i: number) {
  return defined(topology.servers[i], 'a server');
}

/** True when somebody listens there. */
function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

describe('the links between servers', () => {
  const network = openPeerNetwork(linksHere(systemClock(), prng(1)));
  afterEach(() => network.close());

  it('are made for a server that comes, kept for those that stay, and ended for one that goes', async () => {
    const [one, two] = [serverOf(founded, 0), serverOf(founded, 1)];
    const before = await network.routeFor(founded);
    const there = before(one, two);
    expect(there).not.toBe(`127.0.0.1:${two.raftPort}`);
    const grown = await network.routeFor({ ...founded, servers: [one, two, third] });
    expect(grown(one, two)).toBe(there);
    expect(network.pairs()).toHaveLength(6);
    expect(await accepts(grown(one, third))).toBe(true);
    await network.set('server-3', 'server-1', { kind: 'cut' });
    const after = await network.routeFor({ ...founded, servers: [one, third] });
    expect(network.pairs()).toEqual([
      ['server-1', 'server-3'],
      ['server-3', 'server-1'],
    ]);
    expect(await accepts(there)).toBe(false);
    expect(after(one, third)).toBe(grown(one, third));
  });
});
