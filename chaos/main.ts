// `npm run chaos -- SCENARIO`: hurts a real cluster and says whether it kept its promises. Exit code 1 when it did not.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { systemClock } from '../src/lib/index.ts';
import { gatesHold, requirementsTable } from './bars/requirement.ts';
import { runBars } from './bars/run.ts';
import { checkLinearizable } from './checker/linearizability.ts';
import { FAULT_KINDS, type FaultKind, SOAK_DECK, SOAK_KINDS } from './faults/plan.ts';
import { readHistory } from './history/file.ts';
import { runLoadMain } from './load-main/run.ts';
import { FULL_LOAD, type Load, STEADY_LOAD } from './soak/load.ts';
import { soakReport } from './soak/report.ts';
import { runSoak } from './soak/run.ts';
import { verdictText } from './verdict-text.ts';
import { runWatches } from './watches/run.ts';

const clock = systemClock();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const COMMAND = [process.execPath, fileURLToPath(new URL('./quorate.js', import.meta.url))] as const;
const LAUNCHER = fileURLToPath(new URL('./launcher.js', import.meta.url));
const LINK_THREAD = fileURLToPath(new URL('./link-thread.js', import.meta.url));
const SHIM_SOURCES = fileURLToPath(new URL('../chaos/shim/', import.meta.url));

const program = new Command('chaos').description('Breaks a real local cluster on purpose and keeps the books.');

/** What every experiment runs with. */
const MEANS = { clock, command: COMMAND, launcher: LAUNCHER, progress: say } as const;

interface OutputFlags {
  readonly output: string;
}

interface SoakFlags extends OutputFlags {
  readonly seed: string;
}

/** A scenario with the flags that scenarios share; `seedOf`: what is drawn from its seed, if anything. */
function scenario(name: string, description: string, seedOf?: string): Command {
  const command = program.command(name).description(description);
  if (seedOf !== undefined) command.option('--seed <n>', `of ${seedOf}`, '1');
  return command.option('--output <form>', 'text or json', 'text');
}

/** Prints what a scenario found, in the form that was asked for, and sets the exit code. */
function tell({ output }: OutputFlags, text: string, json: object, passed: boolean): void {
  process.stdout.write(output === 'json' ? `${JSON.stringify(json)}\n` : text);
  process.exitCode = passed ? 0 : 1;
}

/** Runs a soak and prints what it found; `lastsMs` or `faultsMax` ends it. */
async function runAndReport(
  flags: SoakFlags,
  kinds: readonly FaultKind[],
  load: Load,
  limits: { readonly lastsMs: number; readonly faultsMax: number },
): Promise<void> {
  say('starting a cluster of three servers behind links of our own');
  const run = await runSoak({
    seed: Number(flags.seed),
    kinds,
    load,
    ...limits,
    ...MEANS,
    shimSources: SHIM_SOURCES,
    linkThread: LINK_THREAD,
  });
  const { history: _, ...result } = run.result;
  const { accounts, requirements, passed, leftOut, files } = run;
  tell(flags, soakReport(run), { ...result, accounts, requirements, passed, leftOut, files }, passed);
}

const NO_LIMIT = Number.POSITIVE_INFINITY;
const FAULTS_AND_CLIENTS = 'the faults and the clients';
scenario(
  'soak',
  'All kinds of faults in random order under registers, sets and watches; check the history.',
  FAULTS_AND_CLIENTS,
)
  .option('--minutes <n>', 'for how long', '5')
  .addHelpText('after', '\nExample:\n  npm run chaos -- soak --minutes 30 --seed 7\n')
  .action((flags: SoakFlags & { readonly minutes: string }) =>
    runAndReport(flags, SOAK_DECK, FULL_LOAD, { lastsMs: Number(flags.minutes) * 60_000, faultsMax: NO_LIMIT }),
  );

interface RoundsScenario {
  readonly name: string;
  readonly kinds: readonly FaultKind[];
  readonly description: string;
  /** How often each fault, unless told otherwise. */
  readonly rounds: number;
}

const EACH_ALONE = FAULT_KINDS.filter((kind) => !kind.startsWith('corrupt')).map((kind) => ({
  name: kind,
  kinds: [kind],
  description: 'A soak with this fault alone, a number of times.',
  rounds: 20,
}));
const TOGETHER: readonly RoundsScenario[] = [
  { name: 'all', kinds: SOAK_KINDS, description: 'A soak with every fault, a number of times each.', rounds: 2 },
  {
    name: 'corrupt',
    kinds: ['corrupt'],
    description: 'One file of one server damaged, again and again: repaired, or asking to be replaced (bar 10).',
    rounds: 200,
  },
  {
    name: 'silence-leader',
    kinds: ['pause-leader', 'cut-leader'],
    description: 'The leader stopped or cut off; reads at it when it resumes (bar 7).',
    rounds: 10,
  },
  {
    name: 'hand-over',
    kinds: ['terminate-leader', 'transfer-leader'],
    description: 'The leader told to end or to hand over (bar 8).',
    rounds: 10,
  },
];
for (const { name, kinds, description, rounds } of [...TOGETHER, ...EACH_ALONE]) {
  const command = scenario(name, description, FAULTS_AND_CLIENTS).option(
    '--rounds <n>',
    'how often each fault',
    String(rounds),
  );
  if (name === 'corrupt') command.option('--two', 'of two servers at once: they may halt, and must not lie', false);
  command.action((flags: SoakFlags & { readonly rounds: string; readonly two?: boolean }) =>
    runAndReport(flags, flags.two === true ? ['corrupt-two'] : kinds, name === 'all' ? FULL_LOAD : STEADY_LOAD, {
      lastsMs: NO_LIMIT,
      faultsMax: Number(flags.rounds) * kinds.length,
    }),
  );
}
scenario('load-main', "The worst bodies and lists at every main thread; the Raft threads' delay beside them (bar 13).")
  .option('--seconds <n>', 'for how long', '60')
  .option('--objects <n>', 'that are listed', '10000')
  .action(async (flags: OutputFlags & { readonly seconds: string; readonly objects: string }) => {
    const lastsMs = 1_000 * Number(flags.seconds);
    const run = await runLoadMain({ objects: Number(flags.objects), lastsMs, ...MEANS });
    tell(flags, run.text, run, gatesHold(run.requirements));
  });
scenario(
  'watches',
  'Watchers that move between servers, restarts, compaction and a snapshot; an independent replay (bar 12).',
  'writers and watchers',
)
  .option('--events <n>', 'delivered to all watchers together', '1000000')
  .option('--watchers <n>', 'how many', '300')
  .action(async (flags: SoakFlags & { readonly events: string; readonly watchers: string }) => {
    const run = await runWatches({
      events: Number(flags.events),
      watchers: Number(flags.watchers),
      seed: Number(flags.seed),
      ...MEANS,
    });
    tell(flags, run.text, run, gatesHold(run.requirements));
  });
scenario(
  'bars',
  'Every bar that real processes answer, with a share of its size, as one table.',
  'faults, clients and watchers',
)
  .option('--share <n>', 'of the size that the bars ask for: 1 takes hours', '0.1')
  .option('--only <bars>', 'such as 6,7,8; all when left out', '')
  .addHelpText('after', '\nExample:\n  npm run chaos -- bars --share 0.1 --only 6,7,8,9\n')
  .action(async (flags: SoakFlags & { readonly share: string; readonly only: string }) => {
    const requirements = await runBars({
      share: Number(flags.share),
      only: flags.only.split(',').filter(Boolean).map(Number),
      seed: Number(flags.seed),
      ...MEANS,
      shimSources: SHIM_SOURCES,
      linkThread: LINK_THREAD,
    });
    const text = `${requirementsTable(requirements).join('\n')}\n`;
    tell(flags, text, { share: Number(flags.share), requirements }, gatesHold(requirements));
  });
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
