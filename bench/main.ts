// `npm run bench`: measures quorate and etcd side by side on this machine and says how they compare; `micro` measures the
// hot functions alone. Exit code 1 when a gate of a mark that was measured is missed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf, systemClock, UserError } from '../src/lib/index.ts';
import { buildGenerator } from './load/generator.ts';
import { commitOf, describeMachine } from './machine.ts';
import { runMicro } from './micro/run.ts';
import { compareReports } from './report/compare.ts';
import { marksOf } from './report/marks.ts';
import { reportPage } from './report/page.ts';
import { reportText } from './report/text.ts';
import type { Report, Row } from './report/types.ts';
import { GROUPS } from './rows/all.ts';
import type { BenchContext } from './rows/context.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMAND = [process.execPath, fileURLToPath(new URL('./quorate.js', import.meta.url))] as const;
const clock = systemClock();
const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Flags {
  readonly only?: readonly string[];
  readonly sizes?: readonly number[];
  readonly runs: number;
  readonly seconds: number;
  readonly etcd: boolean;
  readonly out: string;
  readonly compare?: string;
  readonly output: string;
}

const program = new Command('bench')
  .description('Measures quorate and etcd side by side, and judges the marks that quorate promises.')
  .option('--only <groups>', `some groups of rows: ${GROUPS.map(({ name }) => name).join(', ')}`, groupNames)
  .option('--sizes <numbers>', 'some numbers of clients, watchers or objects, such as 64,256', numbers)
  .option('--runs <n>', 'runs behind each median', positive, 3)
  .option('--seconds <n>', 'of each run', positive, 5)
  .option('--no-etcd', 'leave etcd out')
  .option('--out <folder>', 'where report.json and report.html go', join(ROOT, 'bench', 'results'))
  .option('--compare <report>', 'an earlier report.json: what has changed since, below the report')
  .option('--output <form>', 'text or json', 'text')
  .addHelpText(
    'after',
    `\nGroups:\n${GROUPS.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`).join('\n')}\n\nExamples:\n  npm run bench\n  npm run bench -- --only create,get --sizes 64,256 --runs 5\n  npm run bench -- --compare before/report.json\n  npm run bench -- micro tree\n`,
  )
  .action(run);

program
  .command('micro')
  .description('Measures the hot functions alone, in this process.')
  .argument('[name]', 'a part of their names, such as tree or tree/get')
  .action((name: string | undefined, _: unknown, { parent }: Command) => micro(name, (parent ?? program).opts()));

await program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error;
  say(`error: ${error.message}\n${error.remedy}`);
  process.exitCode = 2;
});

async function run(flags: Flags): Promise<void> {
  // Read first: a report that cannot be compared with should not cost half an hour.
  const before = flags.compare === undefined ? undefined : readReport(flags.compare);
  const machine = describeMachine();
  const hasEtcd = flags.etcd && machine.etcd !== undefined;
  if (flags.etcd && !hasEtcd)
    say('etcd is not installed (Debian: apt-get install etcd-server): only quorate is measured');
  const context: BenchContext = {
    clock,
    command: COMMAND,
    generator: buildGenerator(join(ROOT, 'bench', 'load'), join(ROOT, 'node_modules', '.cache', 'quorate-bench')),
    hasEtcd,
    runs: flags.runs,
    seconds: flags.seconds,
    warmup: Math.min(1, flags.seconds / 2),
    progress: say,
  };
  const startedAt = new Date(clock.now()).toISOString();
  const rows: Row[] = [];
  for (const group of GROUPS.filter(({ name }) => flags.only?.includes(name) ?? true))
    rows.push(...(await group.measure(context, flags.sizes)));
  const report: Report = {
    format: 1,
    startedAt,
    commit: commitOf(ROOT),
    machine,
    runs: flags.runs,
    seconds: flags.seconds,
    rows,
    marks: marksOf(rows),
  };
  mkdirSync(flags.out, { recursive: true });
  writeFileSync(join(flags.out, 'report.json'), `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(join(flags.out, 'report.html'), reportPage(report));
  process.stdout.write(flags.output === 'json' ? `${JSON.stringify(report)}\n` : reportText(report));
  if (before !== undefined) process.stdout.write(`\n${compareReports(before, report)}`);
  say(`The page with plots: ${join(flags.out, 'report.html')}`);
  if (report.marks.some(({ gateHolds }) => gateHolds === false)) process.exitCode = 1;
}

/** Throws UserError for what is no report. */
function readReport(file: string): Report {
  const remedy = 'Name a report.json that npm run bench wrote.';
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    if (report.format === 1 && Array.isArray(report.rows)) return report;
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, remedy);
  }
  throw new UserError(`${file} is no report of this format`, remedy);
}

async function micro(name: string | undefined, { runs, output }: Flags): Promise<void> {
  const { rows, text } = await runMicro({ ...(name === undefined ? {} : { only: name }), rounds: runs });
  process.stdout.write(output === 'json' ? `${JSON.stringify(rows)}\n` : text);
}

function groupNames(text: string): readonly string[] {
  const names = text.split(',');
  const unknown = names.find((name) => !GROUPS.some((group) => group.name === name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no group ${unknown}: ${GROUPS.map(({ name }) => name).join(', ')}`);
  return names;
}

function numbers(text: string): readonly number[] {
  return text.split(',').map(positive);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError(`${text} is no number above 0`);
  return value;
}
