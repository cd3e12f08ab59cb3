// What a run leaves out: nothing at first. A failing seed is shrunk by leaving out more and more of it (shrink.ts).
import type { Micros } from './time.ts';

export interface Plan {
  /** Fault kinds, trials among them. */
  readonly kinds: ReadonlySet<string>;
  /** Single faults, by their number within the run. */
  readonly faults: ReadonlySet<number>;
  /** Clients and watchers, by name. */
  readonly clients: ReadonlySet<string>;
  /** So much of the deck of faults, and of the goals: 1 is a whole run; less is a brief one, another run than the whole one of its seed. */
  readonly share: number;
  /** How long faults go on; undefined: until the goals of a whole run are met. */
  readonly faultyTime: Micros | undefined;
}

export const NOTHING_LEFT_OUT: Plan = {
  kinds: new Set(),
  faults: new Set(),
  clients: new Set(),
  share: 1,
  faultyTime: undefined,
};
