// `quorate kubelet`: one node. When it is told to end it also ends its pods' containers, so that Ctrl-C leaves nothing
// behind; the pods stay in the cluster, and the node starts them again when it comes back. A killed kubelet leaves its
// containers running, and the next one finds them.
import { join, resolve } from 'node:path';
import { LOOPBACK, type RuntimeName } from '../../../cluster/index.ts';
import type { ApiClient } from '../../client/index.ts';
import {
  type ContainerRuntime,
  dockerRuntime,
  type KubeletOptions,
  runKubelet,
  simulatedRuntime,
} from '../../kubelet/index.ts';
import type { Environment } from '../environment.ts';
import { configuredClient } from './clients.ts';
import { followConfig, readConfig, readText } from './config-file.ts';
import { endPods } from './end-pods.ts';

/** Runs a worker of a local cluster until the environment's signal aborts. */
export async function runWorker(configFile: string, environment: Environment): Promise<void> {
  const config = readConfig(configFile, 'worker');
  const client = configuredClient(config.client, 'kubelet', environment);
  followConfig(configFile, 'worker', environment, (changed) => client.useEndpoints(changed.client.endpoints));
  const ca = readText(config.caFile);
  await runNode(
    {
      nodeName: config.name,
      index: config.index,
      clusterId: config.clusterId,
      runtime: config.runtime,
      directory: config.directory,
      listen: config.listen,
      tls: { cert: readText(config.serving.cert), key: readText(config.serving.key), clientCa: ca },
      apiForPods: { ...config.apiForPods, caPem: ca },
    },
    client,
    environment,
  );
}

/** A node, by whatever way its parts were found. */
export interface NodeParts {
  readonly nodeName: string;
  /** 0–255, unlike that of other nodes: simulated pods get their addresses by it. */
  readonly index: number;
  readonly clusterId: string;
  readonly runtime: RuntimeName;
  readonly directory: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: KubeletOptions['tls'];
  readonly apiForPods: KubeletOptions['apiAddressForPods'];
}

export async function runNode(parts: NodeParts, client: ApiClient, environment: Environment): Promise<void> {
  const { clock, logger, random, signal, metrics } = environment;
  const directory = resolve(parts.directory);
  const runtime = await openRuntime(parts, directory, environment);
  await runKubelet({
    nodeName: parts.nodeName,
    client,
    runtime,
    clock,
    logger,
    random,
    signal,
    metrics,
    directory,
    listen: parts.listen,
    tls: parts.tls,
    nodeAddress: LOOPBACK,
    apiAddressForPods: parts.apiForPods,
  });
  await endPods(runtime, logger);
  await runtime.close();
  await client.close();
}

function openRuntime(parts: NodeParts, directory: string, { clock, logger }: Environment): Promise<ContainerRuntime> {
  const owner = { cluster: parts.clusterId, node: parts.nodeName };
  if (parts.runtime === 'docker') return dockerRuntime({ ...owner, clock, logger });
  return simulatedRuntime({
    ...owner,
    nodeIndex: parts.index,
    clock,
    logger,
    directory: join(directory, 'simulated'),
  });
}
