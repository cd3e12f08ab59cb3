// What a mutant runs in a process of its own: the seeds of its arguments, until one shows a violation. One JSON line for
// each, so that the parent knows how far it came if it hangs. The first argument is the share of a whole run.
import { NOTHING_LEFT_OUT } from '../plan.ts';
import { simulate } from '../simulation.ts';

/** One seed, as a child process tells it. */
export interface SeedReport {
  readonly seed: number;
  /** What was broken, if anything. */
  readonly failure: string | undefined;
}

async function main(share: number, seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    const { failure } = await simulate(seed, undefined, { ...NOTHING_LEFT_OUT, share });
    const report: SeedReport = { seed, failure: failure?.reason };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    if (failure !== undefined) return;
  }
}

await main(Number(process.argv[2]), process.argv.slice(3).flatMap(expand));

/** `7` or `1-500`. */
function expand(text: string): readonly number[] {
  const [first = 0, last = first] = text.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
