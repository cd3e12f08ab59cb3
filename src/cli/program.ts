// The command line: what can be said, and what runs. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not ready (status),
// 70 a component stopped itself, 130 interrupted.
import { Command, CommanderError, Option } from 'commander';
import { checkSizes } from '../../cluster/index.ts';
import { addComponentCommands } from './component-commands.ts';
import { type BuiltFiles, reportFailure } from './environment.ts';
import { addMemberCommands } from './member-commands.ts';
import { dataDirOption, featureGatesOption, gatesOf, outputOption, wholeNumber } from './options.ts';
import { addRecover, addSnapshotCommands } from './snapshot-commands.ts';
import type { UpOptions } from './up.ts';

const USAGE_EXIT_CODE = 2;

/** Parses the arguments and runs the command; sets the exit code. */
export async function main(argv: readonly string[], files: BuiltFiles): Promise<void> {
  surviveClosedTerminal();
  const program = buildProgram(files);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** A terminal that closes, or `| head`, takes what is said; it must not end a supervisor in the middle of an orderly stop. */
function surviveClosedTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  return reportFailure(error, (text) => void process.stderr.write(text));
}

function buildProgram(files: BuiltFiles): Command {
  const program = new Command('quorate')
    .description(
      'A highly available Kubernetes control plane on your machine: three API servers, one Raft log, real containers.',
    )
    .version('0.1.0')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      '\nExamples:\n  quorate up                       a cluster of three servers and two workers\n' +
        '  quorate up --detach --port 0     in the background, on free ports\n' +
        '  export KUBECONFIG=$(quorate kubeconfig)\n  kubectl get nodes\n',
    );
  addUp(program, files);
  addClusterCommands(program);
  addMemberCommands(program);
  addSnapshotCommands(program);
  addRecover(program);
  addComponentCommands(program, files);
  return program;
}

function addUp(program: Command, files: BuiltFiles): void {
  upOptions(program.command('up').description('Start a cluster, or resume the one in the data directory.'))
    .option('--detach', 'leave it running in the background, and return when it is ready', false)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  quorate up --workers 4 --runtime simulated\n  quorate up --data-dir /tmp/other --port 7443 --detach\n  quorate up --disk-reserve 64Mi\n  quorate up --feature-gates=AllBeta=true,GenericWorkload=true\n',
    )
    .action(async ({ detach, ...flags }: UpFlags & { detach: boolean }) => {
      const options = await upOptionsOf(flags);
      const { terminalReporter, up } = await import('./up.ts');
      const { upDetached } = await import('./detach.ts');
      const reporter = terminalReporter(options.output);
      if (detach) await upDetached(options, files, reporter);
      else await up(options, false, files, reporter);
    });
  upOptions(program.command('supervise', { hidden: true }).description('What `up --detach` leaves running.')).action(
    async (flags: UpFlags) => {
      const { up } = await import('./up.ts');
      const { parentReporter } = await import('./detach.ts');
      const reporter = parentReporter();
      try {
        await up(await upOptionsOf(flags), true, files, reporter);
      } catch (error) {
        reporter.failed(error);
        throw error;
      }
    },
  );
}

/** What is said on the command line, before it is understood. */
interface UpFlags extends Omit<UpOptions, 'diskReserveBytes' | 'featureGates'> {
  readonly diskReserve: string | undefined;
  readonly featureGates: string | undefined;
}

/** Throws UserError (exit code 2) for what no cluster can have. */
async function upOptionsOf({ diskReserve, featureGates, ...flags }: UpFlags): Promise<UpOptions> {
  const { sizeInBytes } = await import('./size-option.ts');
  const diskReserveBytes = diskReserve === undefined ? undefined : sizeInBytes('--disk-reserve', diskReserve);
  const options = { ...flags, diskReserveBytes, featureGates: await gatesOf(featureGates) };
  checkSizes(options);
  return options;
}

function upOptions(command: Command): Command {
  return command
    .addOption(dataDirOption())
    .option('--servers <n>', 'API servers (a new cluster: 3)', wholeNumber)
    .option('--workers <n>', 'workers (a new cluster: 2)', wholeNumber)
    .option(
      '--port <port>',
      "the load balancer's port; the ports that follow are the servers', 0 picks free ones (a new cluster: 6443)",
      wholeNumber,
    )
    .option(
      '--disk-reserve <size>',
      'below so many free bytes, such as 64Mi, a server takes only deletions and leases (a new cluster: 256Mi)',
    )
    .addOption(featureGatesOption())
    .addOption(
      new Option('--runtime <name>', 'what runs the pods').choices(['auto', 'docker', 'simulated']).default('auto'),
    );
}

function addClusterCommands(program: Command): void {
  program
    .command('down')
    .description('Stop a cluster. Its objects stay in the data directory.')
    .addOption(dataDirOption())
    .option('--purge', 'remove the data directory, with all objects', false)
    .addHelpText('after', '\nExamples:\n  quorate down\n  quorate down --purge --data-dir /tmp/other\n')
    .action(async (options: { dataDir: string; purge: boolean }) => {
      const { down } = await import('./cluster-commands.ts');
      await down(options.dataDir, options.purge);
    });
  program
    .command('status')
    .description('Show servers, leader and workers. Exit code 3 when the cluster is not ready.')
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  quorate status\n  quorate status --output json | jq -r .leader\n')
    .action(async (options: { dataDir: string; output: 'text' | 'json' }) => {
      const { status } = await import('./cluster-commands.ts');
      process.exitCode = await status(options.dataDir, options.output);
    });
  program
    .command('kubeconfig')
    .description("Print the path of the cluster's kubeconfig.")
    .addOption(dataDirOption())
    .addHelpText('after', '\nExample:\n  export KUBECONFIG=$(quorate kubeconfig)\n')
    .action(async (options: { dataDir: string }) => {
      const { kubeconfig } = await import('./cluster-commands.ts');
      kubeconfig(options.dataDir);
    });
  program
    .command('token')
    .description('Print a bearer token of the administrator.')
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      '\nExample:\n  curl --cacert .quorate/pki/ca.crt -H "Authorization: Bearer $(quorate token)" https://127.0.0.1:6443/api/v1/nodes\n',
    )
    .action(async (options: { dataDir: string }) => {
      const { token } = await import('./cluster-commands.ts');
      token(options.dataDir);
    });
}
