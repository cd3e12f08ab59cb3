// Finds the address by which containers of the local Docker reach this machine.
import { networkInterfaces } from 'node:os';
import type { PodNetwork } from './component-configs.ts';
import { LOOPBACK, type RuntimeName } from './topology.ts';

/** Docker's default bridge, unless the daemon was told otherwise (`bip`). */
const BRIDGE_INTERFACE = 'docker0';

/**
 * On Linux the bridge's own address. Docker Desktop has no bridge on the host: there containers use its well-known name,
 * which leads to the host's loopback. Simulated pods never call anybody.
 */
export function podNetwork(runtime: RuntimeName): PodNetwork {
  if (runtime === 'simulated') return { listenHost: undefined, apiHost: LOOPBACK };
  const bridge = networkInterfaces()[BRIDGE_INTERFACE]?.find((address) => address.family === 'IPv4');
  if (bridge !== undefined) return { listenHost: bridge.address, apiHost: bridge.address };
  return { listenHost: undefined, apiHost: 'host.docker.internal' };
}
