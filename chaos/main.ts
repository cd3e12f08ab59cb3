// `npm run chaos -- SCENARIO`: hurts a real cluster and says whether it kept its promises. Exit code 1 when it did not.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { type Clock, silentLogger, systemClock } from '../src/lib/index.ts';
import { checkLinearizable } from './checker/linearizability.ts';
import { type ClusterUnderTest, startExperiment } from './cluster-under-test.ts';
import { FAULT_KINDS, type FaultKind } from './faults/plan.ts';
import { readHistory } from './history/file.ts';
import { PAUSE_MS } from './limits.ts';
import { killLeaderReport, passed, pauseLeaderReport, pausePassed } from './report.ts';
import { killLeader } from './scenarios/kill-leader.ts';
import { pauseLeader } from './scenarios/pause-leader.ts';
import { soakReport } from './soak/report.ts';
import { runSoak } from './soak/run.ts';
import { verdictText } from './verdict-text.ts';

interface Flags {
  readonly rounds: string;
  readonly clients: string;
  readonly output: string;
}

const clock = systemClock();
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs a scenario on a cluster of its own; prints what it found. */
async function experiment<Result>(
  flags: Flags,
  run: (
    cluster: ClusterUnderTest,
    common: { rounds: number; clientsPerServer: number; clock: Clock; progress: typeof say },
  ) => Promise<Result>,
  report: (result: Result) => string,
  isGood: (result: Result) => boolean,
): Promise<void> {
  say('starting a cluster of three servers');
  const command = [process.execPath, fileURLToPath(new URL('./quorate.js', import.meta.url))] as const;
  const cluster = await startExperiment({
    servers: 3,
    workers: 0,
    runtime: 'simulated',
    command,
    clock,
    logger: silentLogger,
  });
  try {
    const common = { rounds: Number(flags.rounds), clientsPerServer: Number(flags.clients), clock, progress: say };
    const result = await run(cluster, common);
    process.stdout.write(flags.output === 'json' ? `${JSON.stringify(result)}\n` : report(result));
    process.exitCode = isGood(result) ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}

const program = new Command('chaos').description('Breaks a real local cluster on purpose and keeps the books.');
program
  .command('kill-leader')
  .description('Kill the leader with -9 under write load; print the gap without acknowledged writes, and a verdict.')
  .option('--rounds <n>', 'how many leaders to kill', '20')
  .option('--clients <n>', 'clients per server', '2')
  .option('--output <form>', 'text or json', 'text')
  .addHelpText('after', '\nExample:\n  npm run chaos -- kill-leader --rounds 100\n')
  .action((flags: Flags) => experiment(flags, killLeader, killLeaderReport, passed));
program
  .command('pause-leader')
  .description('Pause the leader under write load and let it go on; look for stale reads at it, and print a verdict.')
  .option('--rounds <n>', 'how many leaders to pause', '20')
  .option('--clients <n>', 'clients per server', '2')
  .option('--pause <ms>', 'for how long', String(PAUSE_MS))
  .option('--output <form>', 'text or json', 'text')
  .addHelpText('after', '\nExample:\n  npm run chaos -- pause-leader --rounds 20 --pause 1500\n')
  .action((flags: Flags & { readonly pause: string }) =>
    experiment(
      flags,
      (cluster, common) => pauseLeader(cluster, { ...common, pauseMs: Number(flags.pause) }),
      pauseLeaderReport,
      pausePassed,
    ),
  );

interface SoakFlags {
  readonly seed: string;
  readonly output: string;
}

/** Runs a soak and prints what it found; `lastsMs` or `faultsMax` ends it. */
async function runAndReport(
  flags: SoakFlags,
  kinds: readonly FaultKind[],
  limits: { readonly lastsMs: number; readonly faultsMax: number },
): Promise<void> {
  say('starting a cluster of three servers behind links of our own');
  const command = [process.execPath, fileURLToPath(new URL('./quorate.js', import.meta.url))] as const;
  const run = await runSoak({ seed: Number(flags.seed), kinds, ...limits, clock, command, progress: say });
  const { history: _, ...result } = run.result;
  const json = { ...result, accounts: run.accounts, passed: run.passed, files: run.files };
  process.stdout.write(
    flags.output === 'json' ? `${JSON.stringify(json)}\n` : soakReport(run.result, run.accounts, run.files),
  );
  process.exitCode = run.passed ? 0 : 1;
}

const NO_LIMIT = Number.POSITIVE_INFINITY;
program
  .command('soak')
  .description('All kinds of faults in random order under registers, sets and watches; check the history.')
  .option('--minutes <n>', 'for how long', '5')
  .option('--seed <n>', 'of the faults and the clients', '1')
  .option('--output <form>', 'text or json', 'text')
  .addHelpText('after', '\nExample:\n  npm run chaos -- soak --minutes 30 --seed 7\n')
  .action((flags: SoakFlags & { readonly minutes: string }) =>
    runAndReport(flags, FAULT_KINDS, { lastsMs: Number(flags.minutes) * 60_000, faultsMax: NO_LIMIT }),
  );
for (const name of ['all', ...FAULT_KINDS.filter((kind) => !program.commands.some((own) => own.name() === kind))]) {
  const kinds = FAULT_KINDS.filter((kind) => name === 'all' || kind === name);
  program
    .command(name)
    .description(`A soak with ${name === 'all' ? 'every fault' : 'this fault alone'}, a number of times.`)
    .option('--rounds <n>', 'how often', name === 'all' ? '2' : '20')
    .option('--seed <n>', 'of the faults and the clients', '1')
    .option('--output <form>', 'text or json', 'text')
    .action((flags: SoakFlags & { readonly rounds: string }) =>
      runAndReport(flags, kinds, { lastsMs: NO_LIMIT, faultsMax: Number(flags.rounds) * kinds.length }),
    );
}
program
  .command('check')
  .description('Check whether a recorded history is linearizable.')
  .argument('<file>', 'operations as JSON lines (the form is documented in chaos/README.md)')
  .addHelpText('after', '\nExample:\n  npm run chaos -- check history.jsonl\n')
  .action((file: string) => {
    const verdict = checkLinearizable(readHistory(file));
    process.stdout.write(`${verdictText(verdict)}\n`);
    process.exitCode = verdict.kind === 'ok' ? 0 : 1;
  });

await program.parseAsync(process.argv);
