// The cluster that the behaviours are shown on: three servers of the built command and two workers whose pods run in virtual
// form, and the clients that drive it. On request its leader is killed with -9 at intervals.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterUnderTest } from '../../chaos/index.ts';
import { messageOf, prng, sleep, systemClock } from '../../src/lib/index.ts';
import { type Finished, run } from '../e2e/support/command.ts';
import { kubectlBinary } from '../e2e/support/kubectl.ts';
import { threeServers } from '../e2e/support/three-servers.ts';
import { apiClients } from './api-clients.ts';
import { createServerPool, type ServerPool } from './pool.ts';
import { createRawClient, type RawClient } from './raw-client.ts';

/** So little past is kept that a test can outlive it by writing. */
export const HISTORY_LIMIT_BYTES = 16 * 1024 * 1024;

export interface ConformanceCluster {
  readonly raw: RawClient;
  /** A typed client: api(CoreV1Api). */
  readonly api: ReturnType<typeof apiClients>;
  /** Runs kubectl with a command line that is split at blanks; arguments after it are taken as they are. `stdin` as given. */
  kubectl(line: string, ...more: string[]): Promise<Finished>;
  /** Runs a kubectl that serves until it is ended, and `use` with the first line it prints. Throws what it said when it ends before. */
  withKubectl(line: string, use: (said: string) => Promise<void>): Promise<void>;
  /** The addresses of all servers, killed ones too. */
  readonly servers: readonly string[];
  /** PEM. */
  readonly certificateAuthority: string;
  /** How often the leader was killed so far. */
  kills(): number;
  stop(): Promise<void>;
}

export interface ConformanceOptions {
  /** Kill the leader this often; undefined: never. */
  readonly killLeaderEverySeconds: number | undefined;
  readonly seed: number;
}

export async function startConformanceCluster(options: ConformanceOptions): Promise<ConformanceCluster> {
  const cluster = await threeServers(2, { historyLimitBytes: HISTORY_LIMIT_BYTES });
  const servers = cluster.running.topology.servers.map(({ id }) => cluster.urlOf(id));
  const pool = createServerPool(servers, prng(options.seed));
  const raw = createRawClient(pool, cluster.credentials);
  const kubeconfig = new KubeConfig();
  const file = cluster.running.layout.kubeconfig;
  kubeconfig.loadFromFile(file);
  const binary = kubectlBinary('1.33') ?? 'kubectl';
  const killing = killLeaders(cluster, pool, options.killLeaderEverySeconds);
  return {
    raw,
    api: apiClients(pool, kubeconfig),
    kubectl: (line, ...more) =>
      pool.use((url) => {
        const words = line.split(' ').filter((word) => word !== '');
        return run(binary, ['--server', url, ...words, ...more], { KUBECONFIG: file });
      }),
    withKubectl: (line, use) =>
      pool.use((url) => whileItServes(binary, ['--server', url, '--kubeconfig', file, ...line.split(' ')], use)),
    servers,
    certificateAuthority: cluster.credentials.ca,
    kills: () => killing.count,
    async stop() {
      raw.close();
      await killing.stop();
      await cluster.stop();
    },
  };
}

async function whileItServes(
  program: string,
  args: readonly string[],
  use: (said: string) => Promise<void>,
): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const said = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`${args.join(' ')} ended: ${stderr}`)));
  });
  try {
    await use(await said);
  } finally {
    child.kill();
    await ended;
  }
}

interface Killing {
  readonly count: number;
  stop(): Promise<void>;
}

/** Every so often: the leader is taken out of service, killed, awaited until the cluster is whole, and put back. */
function killLeaders(cluster: ClusterUnderTest, pool: ServerPool, everySeconds: number | undefined): Killing {
  const clock = systemClock();
  const killing = { count: 0 };
  let stopped = false;
  const round = async (periodMs: number): Promise<void> => {
    const { leader } = await cluster.whole();
    if (leader === null || stopped) return;
    const url = cluster.urlOf(leader);
    await pool.retire(url);
    cluster.signal(leader, 'SIGKILL');
    killing.count += 1;
    await cluster.whole();
    pool.restore(url);
    await sleep(clock, periodMs);
  };
  const work = async (periodMs: number): Promise<void> => {
    await sleep(clock, periodMs);
    while (!stopped) await round(periodMs);
  };
  if (everySeconds !== undefined)
    work(everySeconds * 1_000).catch((error: unknown) => {
      if (!stopped) process.stderr.write(`the leader is killed no more: ${messageOf(error)}\n`);
    });
  return {
    get count() {
      return killing.count;
    },
    stop() {
      stopped = true;
      return Promise.resolve();
    },
  };
}
