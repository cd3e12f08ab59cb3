// The commands that look at a cluster or end it: down, status, kubeconfig, token.
import { resolve } from 'node:path';
import {
  BALANCER,
  type ClusterStatus,
  clusterStatus,
  endCluster,
  endProcesses,
  layoutOf,
  purgeCluster,
  readTokens,
  requireTopology,
  runningSupervisor,
  SUPERVISOR,
  type Topology,
} from '../../cluster/index.ts';
import { dockerAnswers, dockerRuntime } from '../kubelet/index.ts';
import { type Clock, createLogger, systemClock, UserError } from '../lib/index.ts';
import { endPods } from './components/end-pods.ts';
import { coloursFor, table } from './output.ts';
import { serverText } from './server-state.ts';

/** The exit code of `status` when the cluster is not ready. */
export const NOT_READY_EXIT_CODE = 3;

/** Stops the supervisor, which stops its processes; then whatever a killed supervisor has left behind. */
export async function down(dataDir: string, purge: boolean): Promise<void> {
  const clock = systemClock();
  const layout = layoutOf(resolve(dataDir));
  const topology = requireTopology(layout);
  const supervised = runningSupervisor(layout) !== undefined;
  await endProcesses([layout.processFile(SUPERVISOR)], clock);
  const left = await endCluster(dataDir, clock);
  await endLeftPods(topology, clock);
  if (purge) purgeCluster(dataDir);
  const was = supervised || left > 0 ? 'the cluster is stopped' : 'the cluster was not running';
  process.stdout.write(`${was}; ${purge ? `${layout.root} is removed` : 'its objects stay in the data directory'}\n`);
}

/** Workers end their pods themselves; a killed one could not. Where Docker is gone, so are its containers. */
export async function endLeftPods(topology: Topology, clock: Clock): Promise<void> {
  if (topology.runtime !== 'docker' || (await dockerAnswers()) === undefined) return;
  const logger = createLogger('down', 'warn');
  for (const { name } of topology.workers) {
    const runtime = await dockerRuntime({ cluster: topology.clusterId, node: name, clock, logger });
    await endPods(runtime, logger);
    await runtime.close();
  }
}

/** Prints the state of a cluster; answers the exit code. */
export async function status(dataDir: string, output: 'text' | 'json'): Promise<number> {
  const layout = layoutOf(resolve(dataDir));
  const found = await clusterStatus(layout, requireTopology(layout), BALANCER);
  process.stdout.write(output === 'json' ? `${JSON.stringify(found, null, 2)}\n` : statusText(found));
  return found.ready ? 0 : NOT_READY_EXIT_CODE;
}

function statusText(found: ClusterStatus): string {
  const { bold, green, red } = coloursFor(process.stdout);
  const servers = found.servers.map((server) => [
    server.id,
    server.url,
    serverText(server),
    String(server.pid ?? '-'),
    String(server.term),
    String(server.commitIndex),
    String(server.appliedIndex),
    server.reason ?? (server.disk?.low === true ? 'disk low: only deletions and leases are accepted' : ''),
  ]);
  const workers = found.workers.map((worker) => [
    worker.name,
    worker.runtime,
    worker.pid === null ? 'down' : 'running',
    String(worker.pid ?? '-'),
  ]);
  return [
    `${bold('cluster')}     ${found.ready ? green('ready') : red('not ready')}`,
    `${bold('endpoint')}    ${found.endpoint}`,
    `${bold('kubeconfig')}  ${found.kubeconfig}`,
    '',
    table([['SERVER', 'URL', 'ROLE', 'PID', 'TERM', 'COMMIT', 'APPLIED', ''], ...servers]),
    ...(found.removed.length === 0 ? [] : ['', `${bold('removed')}     ${found.removed.join(', ')}`]),
    '',
    table([['WORKER', 'RUNTIME', 'STATE', 'PID'], ...workers]),
    '',
  ].join('\n');
}

/** Prints the path of the kubeconfig. */
export function kubeconfig(dataDir: string): void {
  const layout = layoutOf(resolve(dataDir));
  requireTopology(layout);
  process.stdout.write(`${layout.kubeconfig}\n`);
}

/** Prints a bearer token of the administrator. */
export function token(dataDir: string): void {
  const layout = layoutOf(resolve(dataDir));
  requireTopology(layout);
  const [first] = Object.entries(readTokens(layout.tokensFile))
    .filter(([, holder]) => holder.groups.includes('system:masters'))
    .map(([text]) => text);
  if (first === undefined) {
    throw new UserError(
      `${layout.tokensFile} holds no administrator's token`,
      'Remove the file and run `quorate up` again.',
    );
  }
  process.stdout.write(`${first}\n`);
}
