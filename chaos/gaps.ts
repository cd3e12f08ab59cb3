// What a gap is, and what many of them say. Pure.

/** A time without an acknowledgement. */
export interface Gap {
  readonly fromMs: number;
  readonly ms: number;
}

/** The longest time without an acknowledgement between two moments, both edges counted. Times in ms, any order. */
export function longestGap(acknowledgedAtMs: readonly number[], fromMs: number, toMs: number): Gap {
  const inside = acknowledgedAtMs.filter((at) => at >= fromMs && at <= toMs).sort((a, b) => a - b);
  let longest: Gap = { fromMs, ms: 0 };
  let previous = fromMs;
  for (const at of [...inside, toMs]) {
    if (at - previous > longest.ms) longest = { fromMs: previous, ms: at - previous };
    previous = at;
  }
  return longest;
}

/** The value below which a share of the list lies (nearest rank); NaN for an empty list. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[rank] ?? Number.NaN;
}

/** A histogram in text: one line per bucket of `widthMs`, empty ones between the first and the last included. */
export function histogram(values: readonly number[], widthMs: number, barsMax: number): readonly string[] {
  if (values.length === 0) return [];
  const bucketOf = (value: number): number => Math.floor(value / widthMs);
  const first = Math.min(...values.map(bucketOf));
  const last = Math.min(first + barsMax - 1, Math.max(...values.map(bucketOf)));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const bucket = first + i;
    const count = values.filter((value) => Math.min(last, bucketOf(value)) === bucket).length;
    return `${String(bucket * widthMs).padStart(6)} ms  ${'█'.repeat(count)}${count === 0 ? '' : ` ${count}`}`;
  });
}
