// Runs seeds on all cores: each in one of several child processes, so that a run has a process to itself while it lasts.
// Results come in the order of the seeds, whoever was faster.
import { type ChildProcess, fork } from 'node:child_process';

/** The hidden argument that makes this very command a worker; the name of the work follows. */
export const WORKER_ARGUMENT = '--worker';

/** What is done for each seed. */
export interface Work<R extends { readonly seed: number }> {
  readonly name: string;
  readonly run: (seed: number) => Promise<R>;
}

/** What a worker is asked: the next seed. It answers with its result. */
export async function serve<R extends { readonly seed: number }>({ run }: Work<R>): Promise<void> {
  const answer = async (seed: number): Promise<void> => {
    process.send?.(await run(seed));
  };
  await new Promise<void>((resolve, reject) => {
    process.on('message', (seed: number) => void answer(seed).catch(reject));
    process.on('disconnect', resolve);
  });
}

/** Calls `tell` for each seed in order, until it returns false. */
export async function runAll<R extends { readonly seed: number }>(
  work: Work<R>,
  seeds: readonly number[],
  processes: number,
  tell: (result: R) => boolean,
): Promise<void> {
  if (processes <= 1) {
    for (const seed of seeds) if (!tell(await work.run(seed))) return;
    return;
  }
  const pool = new Pool(work, seeds, tell);
  await pool.run(Math.min(processes, seeds.length));
}

class Pool<R extends { readonly seed: number }> {
  readonly #work: Work<R>;
  readonly #seeds: readonly number[];
  readonly #tell: (result: R) => boolean;
  /** Runs that have ended before an earlier one has. */
  readonly #early = new Map<number, R>();
  #begun = 0;
  #told = 0;
  #isOver = false;

  constructor(work: Work<R>, seeds: readonly number[], tell: (result: R) => boolean) {
    this.#work = work;
    this.#seeds = seeds;
    this.#tell = tell;
  }

  async run(processes: number): Promise<void> {
    await Promise.all(Array.from({ length: processes }, () => this.#worker()));
  }

  #worker(): Promise<void> {
    const child = fork(process.argv[1] ?? '', [WORKER_ARGUMENT, this.#work.name], { serialization: 'advanced' });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => {
        if (this.#isOver || code === 0) resolve();
        else reject(new Error(`a process that ran seeds ended with ${code}`));
      });
      child.on('message', (result: R) => {
        this.#ended(result);
        this.#next(child);
      });
      this.#next(child);
    });
  }

  #next(child: ChildProcess): void {
    const seed = this.#isOver ? undefined : this.#seeds[this.#begun];
    if (seed === undefined) {
      if (child.connected) child.disconnect();
      return;
    }
    this.#begun += 1;
    child.send(seed);
  }

  #ended(result: R): void {
    this.#early.set(result.seed, result);
    for (;;) {
      const seed = this.#seeds[this.#told];
      const next = seed === undefined ? undefined : this.#early.get(seed);
      if (next === undefined || this.#isOver) return;
      this.#early.delete(next.seed);
      this.#told += 1;
      this.#isOver = !this.#tell(next);
    }
  }
}
