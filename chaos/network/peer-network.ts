// The network between the servers of a cluster: a link of its own for each ordered pair, so that it can be cut both ways,
// one way, or in part. Servers come and go: their links with them.
import { directRoute, type PeerRoute, type Topology } from '../../cluster/index.ts';
import { defined } from '../../src/lib/index.ts';
import type { Link, LinkCondition } from './link.ts';
import type { Links } from './links.ts';

export interface PeerNetwork {
  /** Makes the links that these servers need, and ends those of servers that are gone. */
  routeFor(topology: Topology): Promise<PeerRoute>;
  set(from: string, to: string, condition: LinkCondition): Promise<void>;
  /** Opens all links. */
  heal(): Promise<void>;
  /** Everybody's links at present, as ordered pairs. */
  pairs(): readonly Pair[];
  close(): Promise<void>;
}

type Pair = readonly [from: string, to: string];

/** `maker` makes the links, and is closed with them. */
export function openPeerNetwork(maker: Links): PeerNetwork {
  const links = new Map<string, { readonly pair: Pair; readonly link: Link }>();
  const linkOf = (from: string, to: string): Link =>
    defined(links.get(nameOf(from, to)), `the link ${from} → ${to}`).link;
  return {
    async routeFor({ servers }) {
      const isThere = (server: string): boolean => servers.some(({ id }) => id === server);
      for (const [name, { pair, link }] of links) {
        if (pair.every(isThere)) continue;
        links.delete(name);
        await link.close();
      }
      for (const from of servers)
        for (const to of servers) {
          const name = nameOf(from.id, to.id);
          if (from === to || links.has(name)) continue;
          links.set(name, { pair: [from.id, to.id], link: await maker.open(to.raftPort) });
        }
      return (from, to) => (from.id === to.id ? directRoute(from, to) : `127.0.0.1:${linkOf(from.id, to.id).port}`);
    },
    set: (from, to, condition) => linkOf(from, to).set(condition),
    async heal() {
      await Promise.all([...links.values()].map(({ link }) => link.set({ kind: 'open' })));
    },
    pairs: () => [...links.values()].map(({ pair }) => pair),
    async close() {
      try {
        await Promise.all([...links.values()].map(({ link }) => link.close()));
      } finally {
        await maker.close();
      }
    },
  };
}

function nameOf(from: string, to: string): string {
  return `${from} ${to}`;
}

/** For a cluster whose servers reach each other directly: nothing can be done to its links. */
export const DIRECT_NETWORK: PeerNetwork = {
  routeFor: () => Promise.resolve(directRoute),
  pairs: () => [],
  set: () => Promise.resolve(),
  heal: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
