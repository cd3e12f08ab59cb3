// Filter: a host port can be taken once per node, protocol and address.
import type { Plugin, Prepared } from '../../framework/plugin.ts';
import type { HostPort } from '../../framework/snapshot.ts';

const ANY_ADDRESS = '0.0.0.0';

export const nodePorts: Plugin<true> = {
  name: 'NodePorts',
  wakesOn: ['nodeAdded', 'podFreed'],
  preFilter: ({ hostPorts }): Prepared<true> =>
    hostPorts.length === 0 ? { kind: 'skip' } : { kind: 'state', state: true },
  filter(pod, node, wanted) {
    if (wanted === undefined) return undefined;
    const taken = node.pods.flatMap((other) => other.hostPorts);
    const clash = pod.hostPorts.some((port) => taken.some((other) => collide(port, other)));
    return clash ? { reasons: ["node(s) didn't have free ports for the requested pod ports"] } : undefined;
  },
};

function collide(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === ANY_ADDRESS || b.ip === ANY_ADDRESS;
}
