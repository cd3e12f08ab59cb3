// What a soak's accounts say to the bars 5 to 9. Pure: from the gaps and the checkers' verdicts to lines of the table.
import { BAR_FAMILIES, type FaultKind } from '../faults/plan.ts';
import { percentile } from '../gaps.ts';
import type { Accounts, FaultAccount } from '../soak/accounts.ts';
import type { SoakResult } from '../soak/soak.ts';
import type { Requirement } from './requirement.ts';

/** Figures of the bars. Times in ms. */
const ROUNDS = 100;
const SOAK = { minutes: 30, faults: 300, eachKind: 20, operations: 300_000, acknowledgedShare: 0.8 } as const;
const KILL = { p50: { gate: 600, goal: 200 }, max: { gate: 2_500, goal: 1_000 } } as const;
const SILENT = { max: { gate: 4_000, goal: 2_000 } } as const;
/** Of two servers at once no number is asked. */
const DAMAGED = { rounds: 200, roundsOfTwo: 20, limitMs: 60_000 } as const;
/** The gap is that of a leader who dies (bar 6): a fault may strike the leader. */
const FAILED_DISK = { rounds: 10, outMs: 1_000, gapMs: 2_500 } as const;
const HANDED_OVER = { max: { gate: 300, goal: 100 } } as const;

interface GapBar {
  readonly bar: number;
  readonly kinds: readonly FaultKind[];
  readonly p50?: Limits;
  readonly max?: Limits;
}

interface Limits {
  readonly gate: number;
  readonly goal: number;
}

/** Which faults answer which bar. */
export const GAP_BARS: readonly GapBar[] = [
  { bar: 6, kinds: ['kill-leader'], ...KILL },
  { bar: 7, kinds: ['pause-leader', 'cut-leader'], ...SILENT },
  { bar: 8, kinds: ['terminate-leader', 'transfer-leader'], ...HANDED_OVER },
  { bar: 9, kinds: ['cut-follower'] },
];

/** The bars that a run of these faults alone answers. */
export function requirementsOfFaults(result: SoakResult, accounts: Accounts): readonly Requirement[] {
  return [
    ...requirementsOfGaps(result, accounts),
    ...requirementsOfDamage(result),
    ...requirementsOfDisks(result, accounts),
  ];
}

/** Nobody was told what is not so. */
function isKept({ linearizable, watchTroubles, partTroubles }: SoakResult): boolean {
  return linearizable.kind === 'ok' && watchTroubles.length === 0 && partTroubles.length === 0;
}

/** Bar 10. */
function requirementsOfDamage(result: SoakResult): readonly Requirement[] {
  return (['corrupt', 'corrupt-two'] as const).flatMap((kind): readonly Requirement[] => {
    const damages = result.faults.filter((fault) => fault.kind === kind).flatMap((fault) => fault.damages);
    if (damages.length === 0) return [];
    const one = kind === 'corrupt';
    const runsAsked = one ? DAMAGED.rounds : DAMAGED.roundsOfTwo;
    const gate = { bar: 10, level: 'gate', runs: damages.length, runsAsked } as const;
    const known = damages.filter(({ outcome, afterMs }) => outcome !== 'lost' && afterMs <= DAMAGED.limitMs);
    const asks = damages.filter(({ outcome }) => outcome === 'asks').length;
    const halted = damages.filter(({ outcome }) => outcome === 'halted').length;
    const kept = isKept(result);
    return [
      {
        ...gate,
        what: one ? 'damaged: repaired, or asking to be replaced' : 'two damaged: repaired, asking, or halted',
        asked: 'all within 60 s',
        measured: `${known.length}, ${asks} asked${one ? '' : `, ${halted} halted`}`,
        holds: known.length === damages.length,
      },
      { ...gate, what: 'no wrong read, nothing lost', asked: 'yes', measured: kept ? 'yes' : 'NO', holds: kept },
    ];
  });
}

/** Bar 11. */
function requirementsOfDisks(result: SoakResult, accounts: Accounts): readonly Requirement[] {
  return (['disk-fills', 'disk-full', 'fsync-error'] as const).flatMap((kind): readonly Requirement[] => {
    const mine = accounts.faults.find((account) => account.kind === kind);
    const faults = result.faults.filter((fault) => fault.kind === kind);
    if (mine === undefined) return [];
    const gate = { bar: 11, level: 'gate', runs: faults.length, runsAsked: FAILED_DISK.rounds } as const;
    const slowest = Math.max(...faults.map(({ outAfterMs }) => outAfterMs ?? Number.POSITIVE_INFINITY));
    const broken = faults.flatMap((fault) => fault.broken);
    const equal = result.stateTroubles.length === 0;
    const isOneCluster = mine.maxMs <= FAILED_DISK.gapMs;
    return [
      {
        ...gate,
        what: `${kind}: out within`,
        asked: `≤ ${FAILED_DISK.outMs} ms`,
        measured: `${slowest.toFixed(0)} ms`,
        holds: slowest <= FAILED_DISK.outMs,
      },
      {
        ...gate,
        what: `${kind}: the others write on (gap)`,
        asked: `≤ ${FAILED_DISK.gapMs} ms`,
        measured: `${mine.maxMs.toFixed(0)} ms`,
        holds: isOneCluster,
      },
      {
        ...gate,
        what: `${kind}: promises kept${kind === 'disk-fills' ? ', deletions in the reserve' : ''}`,
        asked: 'all',
        measured: broken.length === 0 ? 'all' : `${broken.length} broken`,
        holds: broken.length === 0,
      },
      { ...gate, what: `${kind}: states equal after`, asked: 'yes', measured: equal ? 'yes' : 'NO', holds: equal },
    ];
  });
}

function requirementsOfGaps(result: SoakResult, accounts: Accounts): readonly Requirement[] {
  return GAP_BARS.flatMap((bar) => {
    const mine = accounts.faults.filter(({ kind }) => bar.kinds.includes(kind));
    return mine.length === 0 ? [] : [...gapRequirements(bar, mine), ...promises(bar, mine, result, accounts)];
  });
}

function gapRequirements({ bar, p50, max }: GapBar, mine: readonly FaultAccount[]): readonly Requirement[] {
  const gaps = mine.flatMap((account) => account.gaps.map(({ ms }) => ms));
  const limits = [
    { name: 'p50', limits: p50, measured: percentile(gaps, 0.5) },
    { name: 'max', limits: max, measured: Math.max(...gaps) },
  ];
  return limits.flatMap(({ name, limits, measured }) =>
    limits === undefined
      ? []
      : (['gate', 'goal'] as const).map((level) => ({
          bar,
          level,
          what: `${name} gap, ${mine.map(({ kind }) => kind).join(' and ')}`,
          asked: `≤ ${limits[level]} ms`,
          measured: `${measured.toFixed(0)} ms`,
          holds: measured <= limits[level],
          runs: gaps.length,
          runsAsked: ROUNDS,
        })),
  );
}

function promises(
  { bar }: GapBar,
  mine: readonly FaultAccount[],
  result: SoakResult,
  accounts: Accounts,
): readonly Requirement[] {
  const runs = mine.reduce((sum, { times }) => sum + times, 0);
  const gate = { bar, level: 'gate', runs, runsAsked: ROUNDS } as const;
  const failed = accounts.failedAtLiving.length;
  const lines: Requirement[] = [];
  if (bar === 7) {
    const reads = result.faults.reduce((sum, { wakingReads }) => sum + wakingReads, 0);
    const holds = result.linearizable.kind === 'ok' && reads > 0;
    const measured = `${reads} reads, ${holds ? 'none stale' : result.linearizable.kind}`;
    lines.push({ ...gate, what: 'stale reads at leaders that resume', asked: 'none', measured, holds });
  }
  if (bar === 9) {
    const changes = mine.reduce((sum, { leaderChanges }) => sum + leaderChanges, 0);
    lines.push({
      ...gate,
      what: 'leader changes by a follower cut off and healed',
      asked: '0',
      measured: String(changes),
      holds: changes === 0,
    });
  }
  const kept = isKept(result);
  return [
    ...lines,
    { ...gate, what: 'failed requests at living servers', asked: '0', measured: String(failed), holds: failed === 0 },
    {
      ...gate,
      what: 'history linearizable, watches without gaps',
      asked: 'yes',
      measured: kept ? 'yes' : 'NO',
      holds: kept,
    },
  ];
}

/** Bar 5, of a soak with every fault. */
export function requirementsOfSoak(result: SoakResult, accounts: Accounts, minutes: number): readonly Requirement[] {
  const gate = { bar: 5, level: 'gate', runs: Math.round(minutes * 10) / 10, runsAsked: SOAK.minutes } as const;
  // What a shorter soak must have done is in proportion.
  const share = Math.min(1, minutes / SOAK.minutes);
  const least = (what: string, asked: number, measured: number): Requirement => ({
    ...gate,
    what,
    asked: `≥ ${asked}`,
    measured: String(measured),
    holds: measured >= asked,
  });
  const kept = isKept(result);
  const acknowledged = accounts.acknowledged / Math.max(1, accounts.attempted);
  return [
    least('faults', Math.floor(SOAK.faults * share), result.faults.length),
    ...Object.entries(BAR_FAMILIES).map(([family, kinds]) =>
      least(
        `  of them: ${family}`,
        Math.floor(SOAK.eachKind * share),
        result.faults.filter(({ kind }) => kinds.includes(kind)).length,
      ),
    ),
    least('operations', Math.floor(SOAK.operations * share), accounts.attempted),
    {
      ...gate,
      what: 'acknowledged operations',
      asked: `≥ ${100 * SOAK.acknowledgedShare} %`,
      measured: `${(100 * acknowledged).toFixed(1)} %`,
      holds: acknowledged >= SOAK.acknowledgedShare,
    },
    {
      ...gate,
      what: 'linearizable, watches without gaps, nothing lost',
      asked: 'yes',
      measured: kept ? 'yes' : 'NO',
      holds: kept,
    },
  ];
}
