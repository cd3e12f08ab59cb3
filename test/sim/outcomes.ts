// What the counters of a run count: faults by their kind, what became of them, and trials (trials.ts).

/** Counted beside the faults, and none themselves. */
const OUTCOMES: ReadonlySet<string> = new Set([
  'damage refused',
  'damage spared',
  'change of members done',
  'log compacted',
  'snapshot installed',
  'log followed a snapshot',
]);

/** A trial is a fault too, but each run has one of them only: no quota can be asked of it. */
export function isTrial(counted: string): boolean {
  return counted.startsWith('trial: ');
}

export function isFaultKind(counted: string): boolean {
  return !OUTCOMES.has(counted) && !isTrial(counted);
}
