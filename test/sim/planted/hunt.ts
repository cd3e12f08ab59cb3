// The hunt: each mutant runs in a child process, two at a time, until one of its seeds shows a violation.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Clock, messageOf } from '../../../src/lib/index.ts';
import type { PlantedBug } from './bug.ts';
import type { SeedReport } from './child.ts';
import type { Workshop } from './mutants.ts';

/** Children at a time: the machines have two cores. */
export const HUNTERS = 2;
/** A seed takes a second at most; a child that says nothing for so long hangs, which is a violation too. */
const SILENCE_LIMIT_MS = 120_000;

/** How the hunt for one bug ended. */
export interface Catch {
  /** The seed that caught it; undefined: none did. */
  readonly seed: number | undefined;
  /** What was broken. */
  readonly reason: string | undefined;
  /** Seeds that were run. */
  readonly runs: number;
  readonly seconds: number;
}

/** Runs to be tried: seeds (`7`, `1-500`), each with that share of a whole run. */
export interface Quarry {
  readonly seeds: readonly string[];
  readonly share: number;
}

/** Runs a bundle over the seeds until one of them fails. Rejects when the child ends badly. */
export async function runSeeds(bundle: string, { seeds, share }: Quarry, clock: Clock): Promise<Catch> {
  const began = clock.monotonic();
  const child = spawn(process.execPath, [bundle, String(share), ...seeds], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (bytes: Buffer) => errors.push(bytes.toString()));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  let runs = 0;
  let failed: SeedReport | undefined;
  let isHung = false;
  const hang = (): void => {
    isHung = true;
    child.kill('SIGKILL');
  };
  let timer = clock.timer(SILENCE_LIMIT_MS, hang);
  for await (const line of createInterface({ input: child.stdout })) {
    const report = JSON.parse(line) as SeedReport;
    runs += 1;
    if (report.failure !== undefined) failed = report;
    timer.cancel();
    timer = clock.timer(SILENCE_LIMIT_MS, hang);
  }
  const code = await ended;
  timer.cancel();
  if (code !== 0 && !isHung) throw new Error(`${bundle} ended with ${code}: ${errors.join('').slice(-2_000)}`);
  const seconds = (clock.monotonic() - began) / 1000;
  const reason = isHung ? 'liveness: the run does not end' : failed?.failure;
  return { seed: failed?.seed, reason, runs: runs + (isHung ? 1 : 0), seconds };
}

/** Builds the mutant of `bug` (undefined: the control) and hunts it. */
export async function hunt(
  workshop: Workshop,
  bug: PlantedBug | undefined,
  quarry: Quarry,
  clock: Clock,
): Promise<Catch> {
  try {
    return await runSeeds(await workshop.build(bug), quarry, clock);
  } catch (error) {
    throw new Error(`planted bug ${bug?.name ?? '(the control)'}: ${messageOf(error)}`, { cause: error });
  }
}

/** Does `work` for each item, `width` at a time; results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
