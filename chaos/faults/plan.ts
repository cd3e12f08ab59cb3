// What is done to a cluster, in which order, as a seed says. Pure. Every card of the deck comes once in each round, rounds are
// shuffled.
import { defined, type Prng } from '../../src/lib/index.ts';

export const FAULT_KINDS = [
  'kill-leader',
  'kill-follower',
  'kill-two',
  'kill-all',
  'pause-leader',
  'pause-follower',
  'terminate-leader',
  'rolling-restart',
  'transfer-leader',
  'cut-leader',
  'cut-follower',
  'mute-leader',
  'deafen-leader',
  'cut-pair',
  'slow-links',
  'lossy-links',
  'disk-full',
  'fsync-error',
  'fsync-hang-leader',
  'fsync-hang-follower',
  'slow-disk',
  'clock-step',
  'power-loss',
  'power-loss-all',
  'member-churn',
  'wipe',
  'corrupt',
  'corrupt-two',
  'disk-fills',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** What bar 5 counts, as kinds of ours: each family is to come twenty times in thirty minutes. */
export const BAR_FAMILIES: Readonly<Record<string, readonly FaultKind[]>> = {
  'kill -9': ['kill-leader', 'kill-follower', 'kill-two', 'kill-all'],
  SIGSTOP: ['pause-leader', 'pause-follower'],
  'partition both ways': ['cut-leader', 'cut-follower'],
  'partition one way': ['mute-leader', 'deafen-leader'],
  'partition in part': ['cut-pair'],
  'slow link': ['slow-links'],
  'disk full': ['disk-full'],
  'fsync error': ['fsync-error'],
  'fsync hang': ['fsync-hang-leader', 'fsync-hang-follower'],
};

/** What a soak is made of. After damage to two of three the cluster may halt until it is helped, and a disk that fills slowly takes long. */
export const SOAK_KINDS: readonly FaultKind[] = FAULT_KINDS.filter(
  (kind) => kind !== 'corrupt-two' && kind !== 'disk-fills',
);

/** Of each family of the bar a deck has so many cards: seven rounds have each 20 times, in fewer than 300 faults. */
const FAMILY_CARDS = 3;

/** A soak's deck: every kind, and those of the bar's families again until each family has its cards. */
export const SOAK_DECK: readonly FaultKind[] = [
  ...SOAK_KINDS,
  ...Object.values(BAR_FAMILIES).flatMap((kinds) =>
    Array.from({ length: Math.max(0, FAMILY_CARDS - kinds.length) }, (_, i) =>
      defined(kinds[i % kinds.length], 'a kind'),
    ),
  ),
];

/** Kinds that need the shim under the servers. A disk is filled without it, too, where each server has its own. */
export const SHIM_KINDS: readonly FaultKind[] = [
  'fsync-error',
  'fsync-hang-leader',
  'fsync-hang-follower',
  'slow-disk',
  'clock-step',
  'power-loss',
  'power-loss-all',
];

export interface PlannedFault {
  readonly kind: FaultKind;
  /** From the beginning until it is healed, where it does not end by itself. */
  readonly lastsMs: number;
  /** Chooses among the followers. */
  readonly follower: number;
  /** Chooses among all servers. */
  readonly server: number;
  /** Of what else there is to choose. */
  readonly seed: number;
}

const SHORTEST_MS = 1_200;
const LONGEST_MS = 3_000;

/** An endless plan over a deck; a kind may be in it more than once. */
export function* faultPlan(random: Prng, deck: readonly FaultKind[]): Generator<PlannedFault, never> {
  for (;;) {
    const round = [...deck];
    while (round.length > 0) {
      const [kind] = round.splice(random.int(round.length), 1);
      if (kind === undefined) break;
      const lastsMs = SHORTEST_MS + random.int(LONGEST_MS - SHORTEST_MS);
      yield { kind, lastsMs, follower: random.int(1_000), server: random.int(1_000), seed: random.uint32() };
    }
  }
}
