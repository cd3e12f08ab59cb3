// `quorate server`: API server, controllers and scheduler in one process. `quorate apiserver` is the first of them alone.
//
// They talk to each other over HTTPS like processes of their own: each has its certificate, and may end up asking
// another server when its own is not ready.
import { readTokens, SERVICE_CIDR, type ServerConfig } from '../../../cluster/index.ts';
import { createApiRegistry } from '../../api/index.ts';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../../apiserver/index.ts';
import type { ObjectStore } from '../../store/index.ts';
import { aborted, type BuiltFiles, type Environment } from '../environment.ts';
import { configuredClient } from './clients.ts';
import { followConfig, readConfig, readText } from './config-file.ts';
import { controllerManager, scheduler } from './elected.ts';
import { openMemberStore } from './replicated-store.ts';

/** Runs a server until the environment's signal aborts. */
export async function runServer(configFile: string, environment: Environment, files: BuiltFiles): Promise<void> {
  const { logger, signal } = environment;
  const config = readConfig(configFile, 'server');
  const store = await openStore(config, environment, files);
  const api = createApiServer(apiServerOptions(config, store, environment));
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
  await loops;
  await Promise.all([managers.close(), scheduling.close()]);
  await stopServing(store, api);
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

/** The store of this server among its peers. */
function openStore(config: ServerConfig, environment: Environment, files: BuiltFiles): Promise<ObjectStore> {
  const tls = { ca: readText(config.caFile), cert: readText(config.peer.cert), key: readText(config.peer.key) };
  return openMemberStore({ ...config, listen: config.raft, tls }, environment, files);
}

function apiServerOptions(config: ServerConfig, store: ObjectStore, environment: Environment): ApiServerOptions {
  const ca = readText(config.caFile);
  const tokens = Object.entries(readTokens(config.tokensFile)).map(
    ([token, holder]) => [token, { name: holder.user, uid: '', groups: holder.groups, extra: {} }] as const,
  );
  return {
    ...environment,
    store,
    registry: createApiRegistry(),
    listen: config.listen,
    tls: { cert: readText(config.serving.cert), key: readText(config.serving.key), clientCa: ca },
    authentication: {
      staticTokens: new Map(tokens),
      serviceAccountKeys: [readText(config.serviceAccountKeyFile)],
    },
    serviceCidr: SERVICE_CIDR,
    kubeletTls: { cert: readText(config.kubeletClient.cert), key: readText(config.kubeletClient.key), ca },
    clusterCa: ca,
    advertise: { address: config.advertise.host, port: config.advertise.port },
    memberId: config.id,
  };
}
