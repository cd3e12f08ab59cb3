// What is done to a cluster, in which order, as a seed says. Pure. Every kind comes once in each round, rounds are shuffled.
import type { Prng } from '../../src/lib/index.ts';

export const FAULT_KINDS = [
  'kill-leader',
  'kill-follower',
  'kill-two',
  'kill-all',
  'pause-leader',
  'pause-follower',
  'terminate-leader',
  'rolling-restart',
  'cut-leader',
  'cut-follower',
  'mute-leader',
  'deafen-leader',
  'cut-pair',
  'slow-links',
  'lossy-links',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  /** From the beginning until it is healed, where it does not end by itself. */
  readonly lastsMs: number;
  /** Chooses among the followers. */
  readonly follower: number;
}

const SHORTEST_MS = 1_200;
const LONGEST_MS = 3_000;

/** An endless plan over the kinds. */
export function* faultPlan(random: Prng, kinds: readonly FaultKind[]): Generator<PlannedFault, never> {
  for (;;) {
    const round = [...kinds];
    while (round.length > 0) {
      const [kind] = round.splice(random.int(round.length), 1);
      if (kind === undefined) break;
      yield { kind, lastsMs: SHORTEST_MS + random.int(LONGEST_MS - SHORTEST_MS), follower: random.int(1_000) };
    }
  }
}
