// The command `npm run sim`: runs seeds, prints one line for each and a summary, and for a failure everything that is
// needed to see it again.
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/lib/index.ts';
import { huntPlanted, type PlantedOptions } from './planted/command.ts';
import { type RunResult, simulate } from './simulation.ts';

const HELP = `Usage: npm run sim -- [options]

Runs the production consensus, log and store in a simulated world (network, disks, clock, faults), each run from one
seed, and checks the invariants of Raft and the promises to clients. Columns: test/sim/README.md.

  --seeds N   how many runs (default 20)
  --base B    the first seed (default 1)
  --seed S    this one run only
  --trace     print every event (with --seed)
  --until-failure  stop at the first violation
  --planted   plant known bugs into copies of the production source, one at a time, and hunt each until a seed catches it
  --only NAME one planted bug, or those of one section (with --planted)
  --update    keep the seeds found as those that CI runs (with --planted)
  --output json  one JSON object a line (with --planted)
  --help      this text

Examples
  npm run sim -- --seeds 200              seeds 1 to 200
  npm run sim -- --seeds 50 --base 9000   seeds 9000 to 9049
  npm run sim -- --seed 42 --trace        everything that happens in run 42
  npm run sim -- --planted --seeds 500    every planted bug must be caught within 500 seeds

The exit code is 1 when an invariant was broken, 2 for wrong options.
`;

interface Options {
  readonly seeds: readonly number[];
  readonly trace: boolean;
  readonly untilFailure: boolean;
  readonly planted: PlantedOptions | undefined;
}

function number(text: string | undefined, otherwise: number, name: string): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new Error(`--${name} needs a whole number`);
  return value;
}

/** Undefined: help was asked for. */
function options(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      base: { type: 'string' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'until-failure': { type: 'boolean', default: false },
      planted: { type: 'boolean', default: false },
      only: { type: 'string' },
      update: { type: 'boolean', default: false },
      output: { type: 'string', default: 'text' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const base = number(values.seed ?? values.base, 1, values.seed === undefined ? 'base' : 'seed');
  const count = values.seed === undefined ? number(values.seeds, 20, 'seeds') : 1;
  if (!['text', 'json'].includes(values.output)) throw new Error('--output is text or json');
  const hunted = {
    only: values.only,
    seeds: number(values.seeds, 500, 'seeds'),
    base,
    json: values.output === 'json',
    update: values.update,
  };
  return {
    seeds: Array.from({ length: count }, (_, i) => base + i),
    planted: values.planted ? hunted : undefined,
    trace: values.trace,
    untilFailure: values['until-failure'],
  };
}

const HEADER =
  'seed     trace             servers  acked  unknown  leaders  entries  faults  virtual s  leader ms  result';

function line(result: RunResult): string {
  const faults = [...result.faults.values()].reduce((sum, n) => sum + n, 0);
  return [
    String(result.seed).padEnd(7),
    result.digest,
    String(result.members).padStart(7),
    String(result.acknowledged).padStart(5),
    String(result.unknown).padStart(7),
    String(result.leaders).padStart(7),
    String(result.entries).padStart(7),
    String(faults).padStart(6),
    result.virtualSeconds.toFixed(1).padStart(9),
    result.leaderMs.toFixed(0).padStart(9),
    result.failure === undefined ? 'ok' : 'VIOLATION',
  ].join('  ');
}

function report(result: RunResult, write: (text: string) => void): void {
  if (result.failure === undefined) return;
  write('');
  for (const traced of result.failure.trace) write(`  ${traced}`);
  write('');
  write(`seed ${result.seed}: ${result.failure.reason}`);
  write(`reproduce: npm run sim -- --seed ${result.seed} --trace`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function summary(results: readonly RunResult[]): string[] {
  const faults = new Map<string, number>();
  for (const result of results) {
    for (const [kind, n] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + n);
  }
  const failures = results.filter((result) => result.failure !== undefined);
  const total = (of: (result: RunResult) => number): number => results.reduce((sum, result) => sum + of(result), 0);
  return [
    '',
    `${results.length} runs, ${failures.length} with a violation; ${total((r) => r.steps)} events, ${total((r) => r.virtualSeconds).toFixed(0)} simulated seconds`,
    `acknowledged: ${total((r) => r.acknowledged)}, least ${Math.min(...results.map((r) => r.acknowledged))}, median ${median(results.map((r) => r.acknowledged))}; leaders: least ${Math.min(...results.map((r) => r.leaders))}, median ${median(results.map((r) => r.leaders))}`,
    `leader after healing: median ${median(results.map((r) => r.leaderMs)).toFixed(0)} ms, at most ${Math.max(...results.map((r) => r.leaderMs)).toFixed(0)} ms`,
    ...[...faults].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, n]) => `  ${kind.padEnd(28)} ${n}`),
  ];
}

async function main(): Promise<number> {
  const write = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  let chosen: Options | undefined;
  try {
    chosen = options(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nTry: npm run sim -- --help\n`);
    return 2;
  }
  if (chosen === undefined) {
    write(HELP);
    return 0;
  }
  if (chosen.planted !== undefined) return huntPlanted(chosen.planted, write);
  if (!chosen.trace) write(HEADER);
  const results: RunResult[] = [];
  for (const seed of chosen.seeds) {
    const result = await simulate(seed, chosen.trace ? write : undefined);
    results.push(result);
    if (chosen.trace) write(HEADER);
    write(line(result));
    report(result, write);
    if (chosen.untilFailure && result.failure !== undefined) break;
  }
  for (const text of summary(results)) write(text);
  return results.some((result) => result.failure !== undefined) ? 1 : 0;
}

process.exitCode = await main();
