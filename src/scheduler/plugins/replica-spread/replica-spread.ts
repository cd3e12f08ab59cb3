// Score: pods of one controller keep apart, so that losing a node costs as few of them as possible. Nodes that hold fewer
// siblings are better; where nodes carry zones, zones with fewer are, and weigh twice as much.
import type { Pod, Served } from '../../../api/index.ts';
import type { Plugin } from '../../framework/plugin.ts';
import type { NodeInfo } from '../../framework/snapshot.ts';
import { SCORE_MAX } from '../../limits.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';
const ZONE_SHARE = 2 / 3;

interface Siblings {
  readonly byNode: ReadonlyMap<string, number>;
  readonly byZone: ReadonlyMap<string, number>;
}

export const replicaSpread: Plugin<Siblings> = {
  name: 'ReplicaSpread',
  preScore(pod, nodes) {
    const owner = controllerUid(pod.pod);
    if (owner === undefined) return undefined;
    const byNode = new Map<string, number>();
    const byZone = new Map<string, number>();
    for (const node of nodes) {
      const count = node.pods.filter((other) => isSibling(other.pod, pod.pod, owner)).length;
      byNode.set(node.name, count);
      const zone = zoneOf(node);
      if (zone !== undefined) byZone.set(zone, (byZone.get(zone) ?? 0) + count);
    }
    return { byNode, byZone };
  },
  score(_pod, node, siblings) {
    if (siblings === undefined) return 0;
    const nodeScore = share(siblings.byNode, node.name);
    const zone = zoneOf(node);
    if (zone === undefined) return Math.floor(nodeScore);
    return Math.floor(share(siblings.byZone, zone) * ZONE_SHARE + nodeScore * (1 - ZONE_SHARE));
  },
};

/** SCORE_MAX for none of them, 0 for the most. */
function share(counts: ReadonlyMap<string, number>, name: string): number {
  const most = Math.max(0, ...counts.values());
  return most === 0 ? SCORE_MAX : ((most - (counts.get(name) ?? 0)) * SCORE_MAX) / most;
}

/** Pods that are on their way out do not count. */
function isSibling(other: Served<Pod>, pod: Served<Pod>, owner: string): boolean {
  return (
    other.metadata.namespace === pod.metadata.namespace &&
    other.metadata.deletionTimestamp === undefined &&
    controllerUid(other) === owner
  );
}

function controllerUid(pod: Served<Pod>): string | undefined {
  return pod.metadata.ownerReferences?.find((reference) => reference.controller === true)?.uid;
}

function zoneOf({ node }: NodeInfo): string | undefined {
  return node.metadata.labels?.[ZONE_LABEL];
}
