// Where containers of Docker's default network find this machine.
import type Docker from 'dockerode';

/** Docker Desktop runs containers in a virtual machine, in which this name leads to the host. */
const DESKTOP_NAME = 'host.docker.internal';

interface BridgeNetwork {
  readonly IPAM?: { readonly Config?: readonly { readonly Gateway?: string; readonly Subnet?: string }[] };
}

/** The bridge's gateway, asked of the daemon: an idle bridge is missing from the list of interfaces. */
export async function hostAddressForPods(docker: Docker, operatingSystem: string): Promise<string | undefined> {
  if (operatingSystem.includes('Docker Desktop')) return DESKTOP_NAME;
  try {
    const bridge = (await docker.getNetwork('bridge').inspect()) as BridgeNetwork;
    const config = bridge.IPAM?.Config?.find(({ Subnet }) => Subnet?.includes('.') === true);
    // Not every daemon names the gateway; it is then the first address of the network.
    return config?.Gateway ?? config?.Subnet?.replace(/\.\d+\/\d+$/, '.1');
  } catch {
    // No bridge network: pods then have no address of the host, and the kubelet goes on without.
    return undefined;
  }
}
