// Go's durations, as clients write them into queries: 30s, 1m30s, 500ms.
const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds; undefined when there is none, or it is not a duration. */
export function parseDuration(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (text === '0') return 0;
  let total = 0;
  let rest = text;
  while (rest !== '') {
    const match = /^(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|ms|s|m|h)/.exec(rest);
    const [whole, amount, unit] = match ?? [];
    if (whole === undefined || amount === undefined || unit === undefined) return undefined;
    total += Number(amount) * (UNITS_MS[unit] ?? 0);
    rest = rest.slice(whole.length);
  }
  return total;
}
