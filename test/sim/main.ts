// The command `npm run sim`: runs seeds on all cores, prints one line for each and a summary, and for a failure everything that is
// needed to see it again; hunts planted bugs; damages files; shrinks a seed that fails.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { messageOf, systemClock } from '../../src/lib/index.ts';
import { barsOf, missesGate } from './bars.ts';
import { CORRUPTION, type CorruptionOptions, runCorruption } from './corrupt/command.ts';
import { NOTHING_LEFT_OUT, type Plan } from './plan.ts';
import { huntPlanted, type PlantedOptions } from './planted/command.ts';
import { failureOf, HEADER, lineOf, summaryOf } from './report.ts';
import { shrink } from './shrink.ts';
import { type RunResult, simulate } from './simulation.ts';
import { runAll, serve, WORKER_ARGUMENT, type Work } from './workers.ts';

const HELP = `Usage: npm run sim -- [options]

Runs the production consensus, log and store in a simulated world (network, disks, clock, faults), each run from one
seed, and checks the invariants of Raft and the promises to clients. Columns: test/sim/README.md.

  --seeds N   how many runs (default 20; with --planted at most so many for each bug, default 500)
  --base B    the first seed (default 1)
  --seed S    this one run only
  --jobs N    processes at a time (default: one for each core); a seed is the same run in any of them
  --trace     print every event (of the first seed)
  --share S   so much of the faults and goals of each run, 0.25 say (default 1): brief runs, other ones than whole runs
  --until-failure  stop at the first violation
  --shrink S  leave out of the failing run S what it fails without, and print the rest
  --planted   plant known bugs into copies of the production source, one at a time, and hunt each until a seed catches it
  --corrupt N damage N files of servers, one after another, in as many worlds as that takes, and tell what became of which
  --only A,B  these planted bugs or sections (with --planted)
  --update    keep the seeds found as those that CI runs (with --planted)
  --output json  one JSON object a line (with --planted)
  --help      this text

Examples
  npm run sim -- --seeds 200              seeds 1 to 200
  npm run sim -- --seeds 50 --base 9000   seeds 9000 to 9049
  npm run sim -- --seed 42 --trace        everything that happens in run 42
  npm run sim -- --planted --seeds 500    every planted bug must be caught within 500 seeds
  npm run sim -- --corrupt 5000           bar 10: repaired, or asking to be replaced; nothing lost
  npm run sim -- --shrink 42              the smallest part of run 42 that still fails

The exit code is 1 when an invariant was broken, a planted bug was not caught, or 500 runs or more together missed a gate
(the table of bars at the end); 2 for wrong options.
`;

type Options =
  | { readonly kind: 'help' }
  | { readonly kind: 'planted'; readonly planted: PlantedOptions }
  | { readonly kind: 'corrupt'; readonly corruption: CorruptionOptions }
  | { readonly kind: 'shrink'; readonly seed: number; readonly plan: Plan }
  | {
      readonly kind: 'run';
      readonly seeds: readonly number[];
      readonly trace: boolean;
      readonly untilFailure: boolean;
      readonly jobs: number;
      readonly plan: Plan;
    };

function number(text: string | undefined, otherwise: number, name: string): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new Error(`--${name} needs a whole number`);
  return value;
}

/** Of a whole run. */
function share(text: string | undefined): Plan {
  const value = Number(text ?? '1');
  if (!(value > 0 && value <= 1)) throw new Error('--share needs a number above 0, and 1 at most');
  return { ...NOTHING_LEFT_OUT, share: value };
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      base: { type: 'string' },
      seed: { type: 'string' },
      jobs: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'until-failure': { type: 'boolean', default: false },
      share: { type: 'string' },
      shrink: { type: 'string' },
      planted: { type: 'boolean', default: false },
      corrupt: { type: 'string' },
      only: { type: 'string' },
      update: { type: 'boolean', default: false },
      output: { type: 'string', default: 'text' },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

function options(args: readonly string[]): Options {
  const values = parse(args);
  const { output, update, trace } = values;
  if (values.help) return { kind: 'help' };
  if (!['text', 'json'].includes(output)) throw new Error('--output is text or json');
  const plan = share(values.share);
  if (values.shrink !== undefined) return { kind: 'shrink', seed: number(values.shrink, 1, 'shrink'), plan };
  const base = number(values.seed ?? values.base, 1, values.seed === undefined ? 'base' : 'seed');
  if (values.planted) {
    const seeds = number(values.seeds, 500, 'seeds');
    return {
      kind: 'planted',
      planted: { only: values.only?.split(','), seeds, base, plan, json: output === 'json', update },
    };
  }
  const allowed = number(values.jobs, availableParallelism(), 'jobs');
  if (values.corrupt !== undefined)
    return { kind: 'corrupt', corruption: { cases: number(values.corrupt, 1, 'corrupt'), base, jobs: allowed } };
  const count = values.seed === undefined ? number(values.seeds, 20, 'seeds') : 1;
  const seeds = Array.from({ length: count }, (_, i) => base + i);
  const jobs = trace ? 1 : allowed;
  return { kind: 'run', seeds, trace, untilFailure: values['until-failure'], jobs, plan };
}

function runsOf(plan: Plan): Work<RunResult> {
  return { name: String(plan.share), run: (seed) => simulate(seed, undefined, plan) };
}

async function run(chosen: Options & { kind: 'run' }, write: (text: string) => void): Promise<number> {
  const { seeds, trace, untilFailure, jobs, plan } = chosen;
  const clock = systemClock();
  const began = clock.monotonic();
  const results: RunResult[] = [];
  const tell = (result: RunResult): boolean => {
    results.push(result);
    write(lineOf(result));
    for (const text of failureOf(result, plan)) write(text);
    return !untilFailure || result.failure === undefined;
  };
  if (trace) {
    const traced = await simulate(seeds[0] ?? 1, write, plan);
    write(HEADER);
    tell(traced);
  } else {
    write(HEADER);
    await runAll(runsOf(plan), seeds, Math.min(jobs, seeds.length), tell);
  }
  const seconds = (clock.monotonic() - began) / 1000;
  for (const text of summaryOf(results, seconds)) write(text);
  const isBroken = results.some((result) => result.failure !== undefined);
  return isBroken || (plan.share === 1 && missesGate(results, barsOf(results, seconds))) ? 1 : 0;
}

async function runShrink(seed: number, plan: Plan, write: (text: string) => void): Promise<number> {
  const shrunk = await shrink(seed, write, plan);
  if (shrunk === undefined) {
    write(`seed ${seed} shows no violation`);
    return 0;
  }
  const { kinds, faults, clients } = shrunk.kept;
  for (const text of failureOf(shrunk.result, plan)) write(text);
  write(`after ${shrunk.runs} runs what is left is`);
  write(`  fault kinds: ${kinds.join(', ') || 'none'}`);
  write(`  faults: ${faults.join(', ') || 'none'}`);
  write(`  clients: ${clients.join(', ') || 'none'}`);
  return 1;
}

async function main(): Promise<number> {
  const write = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  if (process.argv[2] === WORKER_ARGUMENT) {
    const work = process.argv[3];
    await (work === CORRUPTION.name ? serve(CORRUPTION) : serve(runsOf(share(work))));
    return 0;
  }
  let chosen: Options;
  try {
    chosen = options(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nTry: npm run sim -- --help\n`);
    return 2;
  }
  switch (chosen.kind) {
    case 'help':
      write(HELP);
      return 0;
    case 'planted':
      return huntPlanted(chosen.planted, write);
    case 'corrupt':
      return runCorruption(chosen.corruption, write);
    case 'shrink':
      return runShrink(chosen.seed, chosen.plan, write);
    case 'run':
      return run(chosen, write);
  }
}

process.exitCode = await main();
