// The commands that run one component in the foreground. `up` starts them with --config; a person gives options.
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LOOPBACK } from '../../cluster/index.ts';
import { UserError } from '../lib/index.ts';
import { type ConnectionOptions, connectedClient } from './components/clients.ts';
import { readConfig } from './components/config-file.ts';
import { controllerManager, scheduler } from './components/elected.ts';
import { runLoadBalancer } from './components/load-balancer.ts';
import { runServer } from './components/server.ts';
import { runStandaloneApiServer, type StandaloneOptions } from './components/standalone.ts';
import { runNode, runWorker } from './components/worker.ts';
import { type BuiltFiles, componentEnvironment } from './environment.ts';
import { chooseRuntime, type RuntimeWish } from './runtime-choice.ts';

const STANDALONE_DATA_DIR = './.quorate-standalone';
const DEFAULT_HTTP_PORT = 8080;

export function addComponentCommands(program: Command, files: BuiltFiles): void {
  program
    .command('server')
    .description('Run API server, controllers and scheduler in one process, as `up` does.')
    .requiredOption('--config <file>', 'the configuration that `up` wrote: members/<server>/config.json')
    .action(async (options: { config: string }) => {
      await runServer(readConfig(options.config, 'server'), componentEnvironment('server'), files);
    });
  program
    .command('load-balancer', { hidden: true })
    .description('Run the load balancer in front of the servers, as `up` does.')
    .requiredOption('--config <file>', 'the configuration that `up` wrote')
    .action(async (options: { config: string }) => {
      await runLoadBalancer(readConfig(options.config, 'balancer'), componentEnvironment('load-balancer'));
    });
  addApiServer(program, files);
  addElected(program);
  addKubelet(program);
}

function addApiServer(program: Command, files: BuiltFiles): void {
  program
    .command('apiserver')
    .description('Run one API server alone, with a durable log of its own.')
    .option('--port <port>', 'where it listens on loopback; 0 picks a free one', parsePort, DEFAULT_HTTP_PORT)
    .option('--insecure', 'serve plain HTTP, and treat everybody as administrator', false)
    .option('--data-dir <folder>', 'where it keeps its objects', STANDALONE_DATA_DIR)
    .addHelpText('after', '\nExample:\n  quorate apiserver --port 8080 --insecure\n')
    .action((options: StandaloneOptions) => runStandaloneApiServer(options, componentEnvironment('apiserver'), files));
}

function addElected(program: Command): void {
  connection(program.command('controller-manager').description('Run the controllers alone.'))
    .addHelpText('after', '\nExample:\n  quorate controller-manager --api-server http://localhost:8080\n')
    .action(async (options: ConnectionOptions) => {
      const environment = componentEnvironment('controller-manager');
      const client = connectedClient(options, 'controller-manager', environment);
      await controllerManager(client, environment, undefined);
      await client.close();
    });
  connection(program.command('scheduler').description('Run the scheduler alone.'))
    .addHelpText('after', '\nExample:\n  quorate scheduler --api-server http://localhost:8080\n')
    .action(async (options: ConnectionOptions) => {
      const environment = componentEnvironment('scheduler');
      const client = connectedClient(options, 'scheduler', environment);
      await scheduler(client, environment);
      await client.close();
    });
}

interface KubeletCommandOptions extends ConnectionOptions {
  readonly config: string | undefined;
  readonly nodeName: string;
  readonly runtime: RuntimeWish;
  readonly dataDir: string;
  readonly port: number;
}

function addKubelet(program: Command): void {
  connection(program.command('kubelet').description('Run one node.'))
    .option('--config <file>', 'the configuration that `up` wrote; the other options are then not read')
    .option('--node-name <name>', 'the name of the node', hostname().toLowerCase())
    .addOption(
      new Option('--runtime <name>', 'what runs the pods').choices(['auto', 'docker', 'simulated']).default('auto'),
    )
    .option('--data-dir <folder>', 'where volumes and state lie, in a folder per node', STANDALONE_DATA_DIR)
    .option('--port <port>', 'where the node answers for logs; 0 picks a free one', parsePort, 0)
    .addHelpText('after', '\nExample:\n  quorate kubelet --node-name node1 --api-server http://localhost:8080\n')
    .action(async (options: KubeletCommandOptions) => {
      const environment = componentEnvironment('kubelet');
      if (options.config === undefined) await runStandaloneKubelet(options, environment);
      else await runWorker(readConfig(options.config, 'worker'), environment);
    });
}

async function runStandaloneKubelet(
  options: KubeletCommandOptions,
  environment: ReturnType<typeof componentEnvironment>,
): Promise<void> {
  const client = connectedClient(options, 'kubelet', environment);
  const choice = await chooseRuntime(options.runtime);
  process.stderr.write(`${choice.message}\n`);
  await runNode(
    {
      nodeName: options.nodeName,
      index: indexOf(options.nodeName),
      clusterId: 'standalone',
      runtime: choice.runtime,
      directory: join(options.dataDir, 'nodes', options.nodeName),
      listen: { host: LOOPBACK, port: options.port },
      tls: undefined,
      apiForPods: apiForPods(options.apiServer),
    },
    client,
    environment,
  );
}

/** A number for a node that nobody numbered: nodes with unlike names rarely share it. */
function indexOf(nodeName: string): number {
  return createHash('sha256').update(nodeName).digest().readUInt8();
}

/** Pods of a plain HTTP server are told its address as it was given: on loopback they cannot reach it, and that is so. */
function apiForPods(apiServer: string | undefined): { host: string; port: number; caPem: undefined } {
  if (apiServer === undefined) return { host: LOOPBACK, port: DEFAULT_HTTP_PORT, caPem: undefined };
  try {
    const url = new URL(apiServer);
    return { host: url.hostname, port: Number(url.port || DEFAULT_HTTP_PORT), caPem: undefined };
  } catch (error) {
    throw new UserError(`--api-server ${apiServer} is not an address`, 'Give one like http://localhost:8080.', {
      exitCode: 2,
      cause: error,
    });
  }
}

function connection(command: Command): Command {
  return command
    .option('--api-server <url>', 'where the API answers over plain HTTP')
    .option('--kubeconfig <file>', 'a kubeconfig, for HTTPS');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a port: 0 to 65535.');
  return port;
}
