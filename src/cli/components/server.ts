// `quorate server`: API server, controllers and scheduler in one process. `quorate apiserver` is the first of them alone.
import type { ServerConfig } from '../../../cluster/index.ts';
import { type StartedThreads, startThreads, type ThreadFiles } from '../../../raft/adapters/index.ts';
import type { FeatureGates } from '../../api/index.ts';
import type { ObjectStore } from '../../store/index.ts';
import type { BuiltFiles, Environment } from '../environment.ts';
import { awaitConfig, readConfig, readText } from './config-file.ts';
import { openMemberStore, threadFiles } from './replicated-store.ts';

/** Where a server's configuration is; an awaited one may not be there yet. */
export interface ServerConfigFile {
  readonly file: string;
  readonly isAwaited: boolean;
  /** In place of the configuration's feature gates. */
  readonly gates?: FeatureGates | undefined;
}

/** Runs a server until the environment's signal aborts. */
export async function runServer(
  { file, isAwaited, gates }: ServerConfigFile,
  environment: Environment,
  files: BuiltFiles,
): Promise<void> {
  // While a configuration is written, or Raft's threads come up and the state database is opened, the rest of the program is loaded.
  const loading = import('./serving.ts');
  let threads: ThreadFiles | StartedThreads = threadFiles(files);
  if (isAwaited) {
    threads = startThreads(threads);
    await loading;
    await awaitConfig(file, environment);
    if (environment.signal.aborted) return;
  }
  const written = readConfig(file, 'server');
  const config = gates === undefined ? written : { ...written, featureGates: gates };
  const [store, { serve }] = await Promise.all([openStore(config, environment, threads), loading]);
  await serve(store, config, file, environment);
}

/** The store of this server among its peers. */
function openStore(
  config: ServerConfig,
  environment: Environment,
  threads: ThreadFiles | StartedThreads,
): Promise<ObjectStore> {
  const tls = { ca: readText(config.caFile), cert: readText(config.peer.cert), key: readText(config.peer.key) };
  return openMemberStore({ ...config, listen: config.raft, tls }, environment, threads);
}
