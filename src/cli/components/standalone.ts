// `quorate apiserver` alone: one server whose log has one member, over plain HTTP on loopback when --insecure asks for
// it. Its data is durable like any server's: the same Raft log, the same state database, without peers.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LOOPBACK, SERVICE_CIDR } from '../../../cluster/index.ts';
import { createGatedRegistry, type FeatureGates } from '../../api/index.ts';
import { createApiServer } from '../../apiserver/index.ts';
import { UserError } from '../../lib/index.ts';
import { aborted, type BuiltFiles, type Environment } from '../environment.ts';
import { openMemberStore, threadFiles } from './replicated-store.ts';
import { startStore, stopServing } from './serving.ts';

export interface StandaloneOptions {
  readonly port: number;
  readonly insecure: boolean;
  readonly dataDir: string;
  readonly featureGates: FeatureGates;
}

const MEMBER = 'apiserver';
const CLUSTER = 'standalone';

/** Serves until the environment's signal aborts. Throws UserError without --insecure: TLS needs a configuration. */
export async function runStandaloneApiServer(
  options: StandaloneOptions,
  environment: Environment,
  files: BuiltFiles,
): Promise<void> {
  if (!options.insecure) {
    throw new UserError(
      'an API server started by hand has no certificates',
      'Give --insecure to serve plain HTTP on loopback, or run a cluster with `quorate up`.',
      { exitCode: 2 },
    );
  }
  const directory = resolve(options.dataDir);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = await openMemberStore(
    {
      id: MEMBER,
      clusterId: CLUSTER,
      directory,
      founders: [MEMBER],
      peers: { [MEMBER]: LOOPBACK },
      listen: { host: LOOPBACK, port: 0 },
      tls: undefined,
    },
    environment,
    threadFiles(files),
  );
  const api = createApiServer({
    ...environment,
    store,
    registry: await createGatedRegistry(options.featureGates),
    listen: [{ host: LOOPBACK, port: options.port }],
    tls: undefined,
    authentication: { insecure: true, serviceAccountKeys: [signingKey(join(directory, 'service-account.key'))] },
    serviceCidr: SERVICE_CIDR,
    kubeletTls: undefined,
    clusterCa: undefined,
    advertise: { address: LOOPBACK, port: options.port },
    memberId: MEMBER,
  });
  const { url } = await api.start();
  await startStore(store, api);
  process.stdout.write(`the API server answers at ${url} (plain HTTP: everybody on this machine is administrator)\n`);
  await aborted(environment.signal);
  await stopServing(store, api);
}

/** The key of service-account tokens, made at the first start. */
function signingKey(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(file, pem, { mode: 0o600 });
  return pem;
}
