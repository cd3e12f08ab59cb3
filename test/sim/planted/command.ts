// `npm run sim -- --planted`: hunts every planted bug, runs the control over the same seeds, and prints the table.
import { systemClock } from '../../../src/lib/index.ts';
import type { Plan } from '../plan.ts';
import { type Catch, HUNTERS, hunt, inParallel } from './hunt.ts';
import { readKnownSeeds, writeKnownSeeds } from './known-seeds.ts';
import { checkAll, Workshop } from './mutants.ts';
import { PLANTED, type TableRow } from './table.ts';

export interface PlantedOptions {
  /** Names of bugs or sections; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Each bug must be caught within so many seeds. */
  readonly seeds: number;
  readonly base: number;
  /** So much of a whole run each. */
  readonly plan: Plan;
  readonly json: boolean;
  /** Take over the seeds found as those that CI runs. */
  readonly update: boolean;
}

interface Row extends Catch {
  readonly name: string;
  readonly section: string;
}

const CONTROL: Pick<Row, 'name' | 'section'> = { name: '(the control)', section: 'none' };

/** Returns the exit code: 0 when every bug was caught and the control passed. */
export async function huntPlanted(options: PlantedOptions, write: (text: string) => void): Promise<number> {
  const { only, json } = options;
  const bugs = PLANTED.filter(
    ({ name, section }) => only === undefined || only.includes(name) || only.includes(section),
  );
  if (bugs.length === 0) throw new Error(`there is no planted bug or section ${only?.join(' or ')}`);
  const workshop = new Workshop();
  try {
    checkAll(PLANTED, workshop.root);
    if (!json) write(HEADER);
    const tell = (row: Row): void => write(json ? JSON.stringify(row) : lineOf(row));
    const rows = await inParallel(bugs, HUNTERS, (bug) => huntOne(workshop, bug, options, tell));
    const control = await runControl(workshop, rows, options);
    tell(control);
    if (options.update) update(workshop.root, rows, options.plan);
    const missed = rows.filter(({ reason }) => reason === undefined);
    if (!json) write(summaryOf(rows, control));
    return missed.length === 0 && control.reason === undefined ? 0 : 1;
  } finally {
    workshop.dispose();
  }
}

/** The seed that caught it last, if that was such a run, and then one after another. */
async function huntOne(
  workshop: Workshop,
  bug: TableRow,
  { seeds, base, plan: { share } }: PlantedOptions,
  tell: (row: Row) => void,
): Promise<Row> {
  const { name, section } = bug;
  const known = readKnownSeeds(workshop.root).get(name);
  const first = known?.share === share ? [String(known.seed)] : [];
  const quarry = { share, seeds: [...first, `${base}-${base + seeds - 1 - first.length}`] };
  const row = { name, section, ...(await hunt(workshop, bug, quarry, systemClock())) };
  tell(row);
  return row;
}

/** Every seed that any bug was hunted with, from the base on, and those that caught one. */
async function runControl(
  workshop: Workshop,
  rows: readonly Row[],
  { base, plan: { share } }: PlantedOptions,
): Promise<Row> {
  const last = base + Math.max(...rows.map(({ runs }) => runs)) - 1;
  const others = rows.flatMap(({ seed }) => (seed === undefined || (seed >= base && seed <= last) ? [] : [seed]));
  const seeds = [`${base}-${last}`, ...[...new Set(others)].map(String)];
  return { ...CONTROL, ...(await hunt(workshop, undefined, { share, seeds }, systemClock())) };
}

function update(root: string, rows: readonly Row[], { share }: Plan): void {
  const known = new Map(readKnownSeeds(root));
  for (const { name, seed } of rows) if (seed !== undefined) known.set(name, { seed, share });
  writeKnownSeeds(
    root,
    new Map(PLANTED.flatMap(({ name }) => [[name, known.get(name) ?? { seed: 1, share }] as const])),
  );
}

const HEADER = `${'name'.padEnd(30)}  ${'section'.padEnd(12)}  seed  runs  seconds  caught by`;

function lineOf({ name, section, seed, runs, seconds, reason }: Row): string {
  const missed = name === CONTROL.name ? 'nothing, rightly' : 'NOT CAUGHT';
  return [
    name.padEnd(30),
    section.padEnd(12),
    String(seed ?? '-').padStart(4),
    String(runs).padStart(4),
    seconds.toFixed(1).padStart(7),
    reason?.replaceAll('\n', ' ') ?? missed,
  ].join('  ');
}

function summaryOf(rows: readonly Row[], control: Row): string {
  const caught = rows.filter(({ reason }) => reason !== undefined);
  const sections = new Set(caught.map(({ section }) => section));
  const most = Math.max(...rows.map(({ runs }) => runs));
  const passed = control.reason === undefined ? 'passes' : 'FAILS';
  return `\n${caught.length} of ${rows.length} planted bugs caught, in ${sections.size} sections, after ${most} seeds at most; the control ${passed} the same seeds`;
}
