// Decides where the API listens for pods, and by which address pods call it.
import { createServer } from 'node:net';
import type { PodNetwork } from './component-configs.ts';
import { LOOPBACK, type RuntimeName } from './topology.ts';

/** Docker Desktop's name for the machine it runs on. */
const DESKTOP_HOST = 'host.docker.internal';

/**
 * `hostAddress` is how the daemon says that containers find this machine. Where that is an address of this machine (the
 * bridge's, on Linux) the load balancer listens on it; Docker Desktop's name leads to loopback, where it listens anyway.
 * Simulated pods never call anybody.
 */
export async function podNetwork(runtime: RuntimeName, hostAddress: string | undefined): Promise<PodNetwork> {
  if (runtime === 'simulated') return { listenHost: undefined, apiHost: LOOPBACK };
  if (hostAddress === undefined || !(await isOurs(hostAddress))) {
    return { listenHost: undefined, apiHost: hostAddress ?? DESKTOP_HOST };
  }
  return { listenHost: hostAddress, apiHost: hostAddress };
}

/** True when this machine can listen there. */
function isOurs(host: string): Promise<boolean> {
  if (!/^[0-9.]+$/.test(host)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, host, () => server.close(() => resolve(true)));
  });
}
