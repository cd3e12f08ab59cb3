// `npm run chaos -- SCENARIO`: hurts a real cluster and says whether it kept its promises. Exit code 1 when it did not.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { silentLogger, systemClock } from '../src/lib/index.ts';
import { startExperiment } from './cluster-under-test.ts';
import { killLeaderReport, passed } from './report.ts';
import { killLeader } from './scenarios/kill-leader.ts';

interface KillLeaderFlags {
  readonly rounds: string;
  readonly clients: string;
  readonly output: string;
}

const program = new Command('chaos').description('Breaks a real local cluster on purpose and keeps the books.');
program
  .command('kill-leader')
  .description('Kill the leader with -9 under write load; print the gap without acknowledged writes, and a verdict.')
  .option('--rounds <n>', 'how many leaders to kill', '20')
  .option('--clients <n>', 'clients per server', '2')
  .option('--output <form>', 'text or json', 'text')
  .addHelpText('after', '\nExample:\n  npm run chaos -- kill-leader --rounds 100\n')
  .action(async (flags: KillLeaderFlags) => {
    const clock = systemClock();
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
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
      const result = await killLeader(cluster, {
        rounds: Number(flags.rounds),
        clientsPerServer: Number(flags.clients),
        clock,
        progress: say,
      });
      process.stdout.write(flags.output === 'json' ? `${JSON.stringify(result)}\n` : killLeaderReport(result));
      process.exitCode = passed(result) ? 0 : 1;
    } finally {
      await cluster.stop();
    }
  });

await program.parseAsync(process.argv);
