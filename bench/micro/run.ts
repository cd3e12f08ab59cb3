// Runs micro-benchmarks with tinybench, in this process. A sample is as many calls as take well longer than the clock's
// own cost, and all cases are measured several times in turn, so that a bad moment of the machine does not hit one alone.
import { Bench } from 'tinybench';
import { defined, UserError } from '../../src/lib/index.ts';
import { spreadOf } from '../report/spread.ts';
import { figure, table } from '../report/text.ts';
import type { Row } from '../report/types.ts';
import { ADMISSION } from './admission.ts';
import { APPLY } from './apply.ts';
import { COMMAND } from './command.ts';
import { ENCODE } from './encode.ts';
import { ENVELOPE } from './envelope.ts';
import { FAIRNESS } from './fairness.ts';
import { LOG } from './log.ts';
import { MESSAGE } from './message.ts';
import { PATCH } from './patch.ts';
import { REVISION } from './revision.ts';
import { SELECTOR } from './selector.ts';
import { STORE } from './store.ts';
import type { MicroCase, MicroSubject } from './subject.ts';
import { TABLE } from './table.ts';
import { TREE } from './tree.ts';

export const MICRO_SUBJECTS: readonly MicroSubject[] = [
  ADMISSION,
  APPLY,
  ENCODE,
  ENVELOPE,
  FAIRNESS,
  REVISION,
  TREE,
  STORE,
  SELECTOR,
  PATCH,
  TABLE,
  COMMAND,
  MESSAGE,
  LOG,
];

const ROUNDS = 3;
const ROUND_MS = 150;
/** Until the functions are compiled. */
const WARM_UP_MS = 100;
const SAMPLE_MS = 0.05;
const BATCH_MAX = 100_000;

export interface MicroOptions {
  /** A part of the names (`tree`, `tree/get`): only those are run. */
  readonly only?: string;
  readonly rounds?: number;
  /** Milliseconds of each case in each round. */
  readonly roundMs?: number;
}

export interface MicroResult {
  /** In the form of a report's rows, so that they can be kept and compared like these: `micro-tree/get`. */
  readonly rows: readonly Row[];
  readonly text: string;
}

interface Chosen extends MicroCase {
  readonly id: string;
}

/** Throws UserError when nothing is called like `only`. */
export async function runMicro(options: MicroOptions = {}): Promise<MicroResult> {
  const { rounds = ROUNDS, roundMs = ROUND_MS } = options;
  const cases = await chosenCases(options.only);
  const runs = new Map(cases.map(({ id }) => [id, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    // A bench of its own each time: tinybench measures a task once.
    const bench = new Bench({ time: roundMs, warmupTime: Math.min(WARM_UP_MS, roundMs) });
    const batches = new Map<string, number>();
    for (const one of cases) batches.set(one.id, await addTo(bench, one));
    for (const { name, result } of await bench.run()) {
      if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`, { cause: failureOf(result) });
      runs.get(name)?.push(result.throughput.p50 * defined(batches.get(name), 'the batch of a case'));
    }
  }
  const rows = cases.map(({ id, title }): Row => {
    const value = spreadOf(defined(runs.get(id), 'the runs of a case'));
    return { id: `micro-${id}`, title, unit: 'ops/s', better: 'more', sides: [{ who: 'quorate', what: '', value }] };
  });
  return { rows, text: microText(rows) };
}

function failureOf(result: object): unknown {
  return 'error' in result ? result.error : undefined;
}

async function chosenCases(only = ''): Promise<Chosen[]> {
  const chosen: Chosen[] = [];
  for (const subject of MICRO_SUBJECTS)
    for (const one of await subject.cases()) chosen.push({ ...one, id: `${subject.name}/${one.name}` });
  const found = chosen.filter(({ id }) => id.includes(only));
  if (found.length === 0)
    throw new UserError(
      `no micro-benchmark has ${only} in its name`,
      `There are ${MICRO_SUBJECTS.map(({ name }) => name).join(', ')}.`,
    );
  return found;
}

/** Keeps the last result of a case, so that its work has a purpose. */
const kept: { last: unknown } = { last: undefined };

/** Adds a case in batches that are long enough to be timed; answers how many operations a batch has. */
async function addTo(bench: Bench, { id, run }: Chosen): Promise<number> {
  const first = run();
  if (first instanceof Promise) {
    await first;
    bench.add(
      id,
      async () => {
        kept.last = await run();
      },
      { async: true },
    );
    return 1;
  }
  const batch = batchOf(run);
  bench.add(
    id,
    () => {
      for (let i = 0; i < batch; i += 1) kept.last = run();
    },
    { async: false },
  );
  return batch;
}

/** Doubled until a batch takes SAMPLE_MS. */
function batchOf(run: () => unknown): number {
  for (let batch = 1; batch < BATCH_MAX; batch *= 2) {
    const begun = performance.now();
    for (let i = 0; i < batch; i += 1) kept.last = run();
    if (performance.now() - begun >= SAMPLE_MS) return batch;
  }
  return BATCH_MAX;
}

function microText(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ id, title, sides }) =>
    sides.map(({ value: { median, low, high } }) => [
      id.slice('micro-'.length),
      title,
      figure(median),
      `${figure(low)}–${figure(high)}`,
      figure(1e6 / median),
    ]),
  );
  return table([['case', 'what', 'ops/s', 'spread', 'µs/op'], ...lines]);
}
