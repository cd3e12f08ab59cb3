// What `npm run conformance` was asked for, on its way to the process of the tests: an environment variable, as JSON.

export interface Wishes {
  readonly killLeaderEverySeconds: number | undefined;
  /** Ids of what to show; undefined: everything. */
  readonly only: readonly string[] | undefined;
  /** Which server each request goes to follows from it. */
  readonly seed: number;
}

const VARIABLE = 'QUORATE_CONFORMANCE';
const DEFAULT_SEED = 1;

export function readWishes(): Wishes {
  const given = JSON.parse(process.env[VARIABLE] ?? '{}') as Partial<Wishes>;
  return { killLeaderEverySeconds: given.killLeaderEverySeconds, only: given.only, seed: given.seed ?? DEFAULT_SEED };
}

export function passWishes(wishes: Wishes): void {
  process.env[VARIABLE] = JSON.stringify(wishes);
}
