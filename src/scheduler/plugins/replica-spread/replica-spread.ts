// Score: pods of one controller keep apart, so that losing a node costs as few of them as possible. Nodes that hold fewer
// siblings are better; where nodes carry zones, zones with fewer are, and weigh twice as much.
import type { Plugin } from '../../framework/plugin.ts';
import type { NodeInfo } from '../../framework/snapshot.ts';
import { SCORE_MAX } from '../../limits.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';
const ZONE_SHARE = 2 / 3;

/** How many siblings the fullest node and zone have, and each zone. */
interface Siblings {
  readonly owner: string;
  readonly mostOnNode: number;
  readonly mostInZone: number;
  readonly byZone: ReadonlyMap<string, number>;
}

export const replicaSpread: Plugin<Siblings> = {
  name: 'ReplicaSpread',
  preScore(pod, nodes) {
    const owner = pod.replicaOf;
    if (owner === undefined) return undefined;
    let mostOnNode = 0;
    const byZone = new Map<string, number>();
    for (const node of nodes) {
      const count = node.replicas.get(owner) ?? 0;
      mostOnNode = Math.max(mostOnNode, count);
      const zone = zoneOf(node);
      if (zone !== undefined) byZone.set(zone, (byZone.get(zone) ?? 0) + count);
    }
    return { owner, mostOnNode, mostInZone: Math.max(0, ...byZone.values()), byZone };
  },
  score(_pod, node, siblings) {
    if (siblings === undefined) return 0;
    const onNode = share(node.replicas.get(siblings.owner) ?? 0, siblings.mostOnNode);
    const zone = zoneOf(node);
    if (zone === undefined) return onNode;
    return share(siblings.byZone.get(zone) ?? 0, siblings.mostInZone) * ZONE_SHARE + onNode * (1 - ZONE_SHARE);
  },
};

/** SCORE_MAX for none of them, 0 for the most. */
function share(count: number, most: number): number {
  return most === 0 ? SCORE_MAX : ((most - count) * SCORE_MAX) / most;
}

function zoneOf({ node }: NodeInfo): string | undefined {
  return node.metadata.labels?.[ZONE_LABEL];
}
