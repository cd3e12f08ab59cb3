// The network between the servers of a cluster: a link of its own for each ordered pair, so that it can be cut both ways,
// one way, or in part.
import { directRoute, type PeerRoute, type Topology } from '../../cluster/index.ts';
import { type Clock, defined, type Prng } from '../../src/lib/index.ts';
import { type Link, type LinkCondition, openLink } from './link.ts';

export interface PeerNetwork {
  readonly route: PeerRoute;
  set(from: string, to: string, condition: LinkCondition): void;
  /** Opens all links. */
  heal(): void;
  /** Everybody's links, as ordered pairs. */
  readonly pairs: readonly (readonly [from: string, to: string])[];
  close(): Promise<void>;
}

export async function openPeerNetwork(topology: Topology, clock: Clock, random: Prng): Promise<PeerNetwork> {
  const links = new Map<string, Link>();
  const pairs = topology.servers.flatMap((from) =>
    topology.servers.flatMap((to) => (from === to ? [] : [[from, to] as const])),
  );
  for (const [from, to] of pairs) links.set(nameOf(from.id, to.id), await openLink(to.raftPort, clock, random.fork()));
  const linkOf = (from: string, to: string): Link => defined(links.get(nameOf(from, to)), `the link ${from} → ${to}`);
  return {
    // A server that came later has no links of its own: it is reached directly.
    route: (from, to) => `127.0.0.1:${links.get(nameOf(from.id, to.id))?.port ?? to.raftPort}`,
    set: (from, to, condition) => linkOf(from, to).set(condition),
    heal() {
      for (const link of links.values()) link.set({ kind: 'open' });
    },
    pairs: pairs.map(([from, to]) => [from.id, to.id] as const),
    async close() {
      await Promise.all([...links.values()].map((link) => link.close()));
    },
  };
}

function nameOf(from: string, to: string): string {
  return `${from} ${to}`;
}

/** For a cluster whose servers reach each other directly: nothing can be done to its links. */
export const DIRECT_NETWORK: PeerNetwork = {
  route: directRoute,
  pairs: [],
  set() {},
  heal() {},
  close: () => Promise.resolve(),
};
