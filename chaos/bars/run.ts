// All bars that real processes answer, one experiment after the other, each with a share of the size that it asks for: one table.
import { type Clock, messageOf } from '../../src/lib/index.ts';
import type { Programs } from '../cluster-under-test.ts';
import { type FaultKind, SOAK_DECK } from '../faults/plan.ts';
import { runLoadMain } from '../load-main/run.ts';
import { FULL_LOAD, STEADY_LOAD } from '../soak/load.ts';
import { runSoak } from '../soak/run.ts';
import { runWatches } from '../watches/run.ts';
import type { Requirement } from './requirement.ts';

export interface BarsOptions extends Programs {
  /** Of the size that the bars ask for; 1 is all of it. */
  readonly share: number;
  /** The bars to be tried; all when empty. */
  readonly only: readonly number[];
  readonly seed: number;
  readonly clock: Clock;
  readonly shimSources: string;
  readonly linkThread: string;
  readonly progress: (line: string) => void;
}

interface Experiment {
  readonly bar: number;
  run(options: BarsOptions): Promise<readonly Requirement[]>;
}

const NO_LIMIT = Number.POSITIVE_INFINITY;
const MINUTE_MS = 60_000;
/** Of 100 rounds, over the kinds of the bar. */
const rounds =
  (bar: number, kinds: readonly FaultKind[], asked = 100): Experiment['run'] =>
  async (options) => {
    const faultsMax = Math.max(kinds.length, Math.round(asked * options.share));
    const run = await runSoak({ ...options, kinds, load: STEADY_LOAD, lastsMs: NO_LIMIT, faultsMax });
    return run.passed || run.requirements.some(({ level, holds }) => level === 'gate' && !holds)
      ? run.requirements
      : [...run.requirements, brokenPromise(bar, 'a promise of every soak was broken', run.files.join('; '))];
  };

const EXPERIMENTS: readonly Experiment[] = [
  {
    bar: 5,
    async run(options) {
      const lastsMs = Math.max(1, 30 * options.share) * MINUTE_MS;
      const run = await runSoak({ ...options, kinds: SOAK_DECK, load: FULL_LOAD, lastsMs, faultsMax: NO_LIMIT });
      return run.requirements;
    },
  },
  { bar: 6, run: rounds(6, ['kill-leader']) },
  { bar: 7, run: rounds(7, ['pause-leader', 'cut-leader']) },
  { bar: 8, run: rounds(8, ['terminate-leader', 'transfer-leader']) },
  { bar: 9, run: rounds(9, ['cut-follower']) },
  { bar: 10, run: rounds(10, ['corrupt'], 200) },
  { bar: 10, run: rounds(10, ['corrupt-two'], 20) },
  { bar: 11, run: rounds(11, ['disk-fills', 'disk-full', 'fsync-error'], 30) },
  {
    bar: 12,
    async run(options) {
      const watchers = Math.max(30, Math.round(300 * Math.min(1, 2 * options.share)));
      const run = await runWatches({ ...options, events: Math.round(1_000_000 * options.share), watchers });
      return run.requirements;
    },
  },
  {
    bar: 13,
    async run(options) {
      // Two windows of ten seconds at least.
      const lastsMs = Math.max(35_000, MINUTE_MS * options.share);
      const objects = Math.max(1_000, Math.round(10_000 * options.share));
      const run = await runLoadMain({ ...options, lastsMs, objects });
      return run.requirements;
    },
  },
];

/** An experiment that fails is a line of the table, and the next one follows. */
export async function runBars(options: BarsOptions): Promise<readonly Requirement[]> {
  const found: Requirement[] = [];
  for (const { bar, run } of EXPERIMENTS) {
    if (options.only.length > 0 && !options.only.includes(bar)) continue;
    options.progress(`bar ${bar}`);
    try {
      found.push(...(await run(options)));
    } catch (error) {
      found.push(brokenPromise(bar, 'the experiment itself', messageOf(error)));
    }
  }
  return found;
}

function brokenPromise(bar: number, what: string, measured: string): Requirement {
  return { bar, level: 'gate', what, asked: 'to end well', measured, holds: false, runs: 0, runsAsked: 1 };
}
