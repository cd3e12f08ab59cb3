// The API of a server, its controllers and its scheduler, over an open store.
//
// They talk to each other over HTTPS like processes of their own: each has its certificate, and may end up asking
// another server when its own is not ready.
import { networkInterfaces } from 'node:os';
import { LOOPBACK, readTokens, SERVICE_CIDR, type ServerConfig } from '../../../cluster/index.ts';
import { type ApiRegistry, checkFeatureGates, createGatedRegistry } from '../../api/index.ts';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../../apiserver/index.ts';
import { type Clock, sleep } from '../../lib/index.ts';
import type { ObjectStore } from '../../store/index.ts';
import { aborted, type Environment } from '../environment.ts';
import { configuredClient } from './clients.ts';
import { followConfig, readText } from './config-file.ts';
import { controllerManager, scheduler } from './elected.ts';

/** So long the controllers may finish what they have begun. */
const LOOPS_END_LIMIT_MS = 5_000;

/** Serves and controls until the environment's signal aborts, and stops the store. */
export async function serve(
  store: ObjectStore,
  config: ServerConfig,
  configFile: string,
  environment: Environment,
): Promise<void> {
  const { logger, signal } = environment;
  const registry = await createGatedRegistry(checkFeatureGates(config.featureGates ?? {}));
  const api = createApiServer(apiServerOptions(config, store, registry, environment));
  const { url } = await api.start();
  logger.info({ id: config.id, url }, 'serving the API');
  await startStore(store, api);
  const rootCa = readText(config.caFile);
  const managers = configuredClient(config.controllerManager, 'controller-manager', environment);
  const scheduling = configuredClient(config.scheduler, 'scheduler', environment);
  followConfig(configFile, 'server', environment, (changed) => {
    managers.useEndpoints(changed.controllerManager.endpoints);
    scheduling.useEndpoints(changed.scheduler.endpoints);
  });
  const loops = Promise.all([controllerManager(managers, environment, rootCa), scheduler(scheduling, environment)]);
  await Promise.race([loops, aborted(signal)]);
  await endLoops(environment.clock, loops, () => Promise.all([managers.close(), scheduling.close()]));
  await stopServing(store, api);
}

/**
 * Waits for the loops, which were told to end, and closes their connections: after five seconds in any case, since what a
 * controller asks of a server whose peers have gone is not answered. Throws what the loops throw.
 */
export async function endLoops(
  clock: Clock,
  loops: Promise<unknown>,
  closeConnections: () => Promise<unknown>,
): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  loops.then(end, end);
  await sleep(clock, LOOPS_END_LIMIT_MS, ended.signal);
  await closeConnections();
  await loops;
}

/** Starts the store behind its API. When it refuses, the API ends too, so that the process can end and say why. */
export async function startStore(store: ObjectStore, api: ApiServer): Promise<void> {
  try {
    await store.start();
  } catch (error) {
    await api.stop();
    await store.stop();
    throw error;
  }
}

/** The leadership first, then requests, then the store: clients of other servers see no pause. */
export async function stopServing(store: ObjectStore, api: ApiServer): Promise<void> {
  await store.transferLeadership();
  await api.stop();
  await store.stop();
}

/**
 * The addresses that this machine has. The one that pods reach goes with Docker's network: without it a server serves everybody else.
 */
function presentAddresses(listen: ServerConfig['listen'], environment: Environment): ServerConfig['listen'] {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []);
  const present = listen.filter(({ host }) => host === LOOPBACK || own.includes(host));
  for (const address of listen.filter((each) => !present.includes(each)))
    environment.logger.warn({ address }, 'this machine has no such address: the API is not served there');
  return present;
}

function apiServerOptions(
  config: ServerConfig,
  store: ObjectStore,
  registry: ApiRegistry,
  environment: Environment,
): ApiServerOptions {
  const ca = readText(config.caFile);
  const listen = presentAddresses(config.listen, environment);
  const own = listen.at(-1);
  const tokens = Object.entries(readTokens(config.tokensFile)).map(
    ([token, holder]) => [token, { name: holder.user, uid: '', groups: holder.groups, extra: {} }] as const,
  );
  return {
    ...environment,
    store,
    registry,
    listen,
    tls: { cert: readText(config.serving.cert), key: readText(config.serving.key), clientCa: ca },
    authentication: {
      staticTokens: new Map(tokens),
      serviceAccountKeys: [readText(config.serviceAccountKeyFile)],
    },
    serviceCidr: SERVICE_CIDR,
    kubeletTls: { cert: readText(config.kubeletClient.cert), key: readText(config.kubeletClient.key), ca },
    clusterCa: ca,
    advertise: { address: config.advertise.host, port: config.advertise.port },
    ...(own === undefined ? {} : { endpoint: { address: own.host, port: own.port } }),
    memberId: config.id,
  };
}
