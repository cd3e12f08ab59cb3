// What a mutant runs in a process of its own: the seeds of its arguments, until one shows a violation. One JSON line for
// each, so that the parent knows how far it came if it hangs.
import { simulate } from '../simulation.ts';

/** One seed, as a child process tells it. */
export interface SeedReport {
  readonly seed: number;
  /** What was broken, if anything. */
  readonly failure: string | undefined;
}

async function main(seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    const { failure } = await simulate(seed);
    const report: SeedReport = { seed, failure: failure?.reason };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    if (failure !== undefined) return;
  }
}

await main(process.argv.slice(2).flatMap(expand));

/** `7` or `1-500`. */
function expand(text: string): readonly number[] {
  const [first = 0, last = first] = text.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
