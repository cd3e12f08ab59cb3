// `quorate server`: API server, controllers and scheduler in one process. `quorate apiserver` is the first of them alone.
import type { ServerConfig } from '../../../cluster/index.ts';
import type { ObjectStore } from '../../store/index.ts';
import type { BuiltFiles, Environment } from '../environment.ts';
import { readConfig, readText } from './config-file.ts';
import { openMemberStore } from './replicated-store.ts';

/** Runs a server until the environment's signal aborts. */
export async function runServer(configFile: string, environment: Environment, files: BuiltFiles): Promise<void> {
  const config = readConfig(configFile, 'server');
  // While Raft's threads come up and the state database is opened, the rest of the program is loaded.
  const [store, { serve }] = await Promise.all([openStore(config, environment, files), import('./serving.ts')]);
  await serve(store, config, configFile, environment);
}

/** The store of this server among its peers. */
function openStore(config: ServerConfig, environment: Environment, files: BuiltFiles): Promise<ObjectStore> {
  const tls = { ca: readText(config.caFile), cert: readText(config.peer.cert), key: readText(config.peer.key) };
  return openMemberStore({ ...config, listen: config.raft, tls }, environment, files);
}
