// The commands that run one component in the foreground. `up` starts them with --config; a person gives options.
// Each loads only what its component needs: that is most of the time in which a cluster starts.
import { hostname } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConnectionOptions } from './components/clients.ts';
import type { StandaloneOptions } from './components/standalone.ts';
import type { StandaloneNodeOptions } from './components/standalone-node.ts';
import { type BuiltFiles, componentEnvironment } from './environment.ts';
import { featureGatesOption, gatesOf } from './options.ts';

const STANDALONE_DATA_DIR = './.quorate-standalone';
const DEFAULT_HTTP_PORT = 8080;

export function addComponentCommands(program: Command, files: BuiltFiles): void {
  program
    .command('server')
    .description('Run API server, controllers and scheduler in one process, as `up` does.')
    .requiredOption('--config <file>', 'the configuration that `up` wrote: members/<server>/config.json')
    .option('--await-config', 'wait for that file for a while: `up` starts new servers before it is written')
    .addOption(featureGatesOption())
    .addHelpText('after', '\nExample:\n  quorate server --config .quorate/members/server-1/config.json\n')
    .action(async ({ config, awaitConfig = false, featureGates }: ServerFlags) => {
      const gates = await gatesOf(featureGates);
      const { runServer } = await import('./components/server.ts');
      await runServer({ file: config, isAwaited: awaitConfig, gates }, componentEnvironment('server'), files);
    });
  program
    .command('load-balancer', { hidden: true })
    .description('Run the load balancer in front of the servers, as `up` does.')
    .requiredOption('--config <file>', 'the configuration that `up` wrote')
    .action(async (options: { config: string }) => {
      const { runLoadBalancer } = await import('./components/load-balancer.ts');
      await runLoadBalancer(options.config, componentEnvironment('load-balancer'));
    });
  addApiServer(program, files);
  addElected(program);
  addKubelet(program);
}

interface ServerFlags {
  readonly config: string;
  readonly awaitConfig?: boolean;
  readonly featureGates?: string;
}

interface ApiServerFlags extends Omit<StandaloneOptions, 'featureGates'> {
  readonly featureGates?: string;
}

function addApiServer(program: Command, files: BuiltFiles): void {
  program
    .command('apiserver')
    .description('Run one API server alone, with a durable log of its own.')
    .option('--port <port>', 'where it listens on loopback; 0 picks a free one', parsePort, DEFAULT_HTTP_PORT)
    .option('--insecure', 'serve plain HTTP, and treat everybody as administrator', false)
    .option('--data-dir <folder>', 'where it keeps its objects', STANDALONE_DATA_DIR)
    .addOption(featureGatesOption())
    .addHelpText('after', '\nExample:\n  quorate apiserver --port 8080 --insecure\n')
    .action(async ({ featureGates, ...flags }: ApiServerFlags) => {
      const options = { ...flags, featureGates: (await gatesOf(featureGates)) ?? {} };
      const { runStandaloneApiServer } = await import('./components/standalone.ts');
      await runStandaloneApiServer(options, componentEnvironment('apiserver'), files);
    });
}

function addElected(program: Command): void {
  connection(program.command('controller-manager').description('Run the controllers alone.'))
    .addHelpText('after', '\nExample:\n  quorate controller-manager --api-server http://localhost:8080\n')
    .action(async (options: ConnectionOptions) => {
      const { runStandaloneControllerManager } = await import('./components/elected.ts');
      await runStandaloneControllerManager(options, componentEnvironment('controller-manager'));
    });
  connection(program.command('scheduler').description('Run the scheduler alone.'))
    .addHelpText('after', '\nExample:\n  quorate scheduler --api-server http://localhost:8080\n')
    .action(async (options: ConnectionOptions) => {
      const { runStandaloneScheduler } = await import('./components/elected.ts');
      await runStandaloneScheduler(options, componentEnvironment('scheduler'));
    });
}

interface KubeletCommandOptions extends StandaloneNodeOptions {
  readonly config: string | undefined;
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
      const { runWorker } = await import('./components/worker.ts');
      const { runStandaloneNode } = await import('./components/standalone-node.ts');
      if (options.config === undefined) await runStandaloneNode(options, environment);
      else await runWorker(options.config, environment);
    });
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
