// Shrinks a failing seed: leaves out kinds of faults, then single faults, then clients, as long as the same check is broken.
// What is left out changes what comes after it, so each step is a run of its own, and what remains is small rather than
// smallest.
import { NOTHING_LEFT_OUT, type Plan } from './plan.ts';
import { type RunResult, simulate } from './simulation.ts';

export interface Shrunk {
  readonly plan: Plan;
  /** The run of the plan, which fails as the whole one does. */
  readonly result: RunResult;
  /** Runs that were needed. */
  readonly runs: number;
  /** Names of what happened, and who is left. */
  readonly kept: {
    readonly kinds: readonly string[];
    readonly faults: readonly number[];
    readonly clients: readonly string[];
  };
}

/** Which check a violation belongs to: what it says before the first colon, without names and numbers. */
export function checkOf(reason: string): string {
  return (reason.split(':')[0] ?? reason).replaceAll(/\b[a-z-]*\d+(?:[.@]\d+)?\b/g, '#');
}

/** Begun faults by their number, as the trace tells them. */
const FAULT = / world fault (\d+): (.*)$/;
const CLIENT = / (client\d+|roamer\d+|contender\d+|watch-\w+) /;

/** Returns undefined when the seed does not fail. `tell` is given each step that left something out. */
export async function shrink(
  seed: number,
  tell: (text: string) => void,
  plan = NOTHING_LEFT_OUT,
): Promise<Shrunk | undefined> {
  const search = new Search(seed, tell, plan);
  return search.go();
}

class Search {
  readonly #seed: number;
  readonly #tell: (text: string) => void;
  #plan: Plan;
  #check = '';
  #runs = 0;

  constructor(seed: number, tell: (text: string) => void, plan: Plan) {
    this.#seed = seed;
    this.#tell = tell;
    this.#plan = plan;
  }

  async go(): Promise<Shrunk | undefined> {
    const whole = await this.#run(this.#plan);
    if (whole.result.failure === undefined) return undefined;
    this.#check = checkOf(whole.result.failure.reason);
    this.#tell(`seed ${this.#seed}: ${whole.result.failure.reason}`);
    let best = whole;
    // Without the goals of a whole run: they would be another violation when there is less to acknowledge.
    best = await this.#try({ ...this.#plan, faultyTime: whole.result.faultyTime }, 'the goals', best);
    // Many need none: one run instead of a hundred.
    best = await this.#try({ ...this.#plan, kinds: new Set(best.kinds) }, 'any fault', best);
    for (const kind of best.kinds) {
      best = await this.#try({ ...this.#plan, kinds: new Set([...this.#plan.kinds, kind]) }, kind, best);
    }
    for (const fault of best.faults) {
      const faults = new Set([...this.#plan.faults, fault]);
      best = await this.#try({ ...this.#plan, faults }, `fault ${fault}`, best);
    }
    for (const client of best.clients) {
      best = await this.#try({ ...this.#plan, clients: new Set([...this.#plan.clients, client]) }, client, best);
    }
    const { kinds, faults, clients } = best;
    return { plan: this.#plan, result: best.result, runs: this.#runs, kept: { kinds, faults, clients } };
  }

  /** Keeps to `plan` if it still breaks the same check. */
  async #try(plan: Plan, without: string, best: Attempt): Promise<Attempt> {
    const attempt = await this.#run(plan);
    const { failure } = attempt.result;
    if (failure === undefined || checkOf(failure.reason) !== this.#check) return best;
    this.#plan = plan;
    this.#tell(`without ${without}: ${failure.reason}`);
    return attempt;
  }

  async #run(plan: Plan): Promise<Attempt> {
    this.#runs += 1;
    const [kinds, faults, clients] = [new Set<string>(), new Set<number>(), new Set<string>()];
    const note = (line: string): void => {
      const begun = FAULT.exec(line);
      if (begun !== null) {
        faults.add(Number(begun[1]));
        kinds.add(begun[2] ?? '');
      }
      const client = CLIENT.exec(line)?.[1];
      if (client !== undefined) clients.add(client);
    };
    const result = await simulate(this.#seed, note, plan);
    return { result, kinds: [...kinds], faults: [...faults], clients: [...clients].sort() };
  }
}

interface Attempt {
  readonly result: RunResult;
  readonly kinds: readonly string[];
  readonly faults: readonly number[];
  readonly clients: readonly string[];
}
