// Commands that write several objects: a namespace comes with its account `default` and the bundle `kube-root-ca.crt` by one
// command. Clients create such families and read their parts, all as of one revision; watchers of each part are told of them.
import type { Clock, Prng } from '../../src/lib/index.ts';
import { PARTS, type Part } from '../history/operation.ts';
import type { Credentials } from '../http.ts';
import { FAMILY_PAUSE_MS, RECENT_FAMILIES } from '../limits.ts';
import { type LoopOptions, rest } from './registers.ts';
import { type WatchedEvent, watchAll } from './watcher.ts';

const FAMILY = /^family-/;

/** Creates one family after the other; `begun` says so before. */
export async function familyLoop(options: LoopOptions, begun: (family: string) => void): Promise<void> {
  for (let number = 0; !options.signal.aborted; number += 1) {
    const family = `family-${options.name}-${number}`;
    begun(family);
    await rest({ ...options, pauseMs: FAMILY_PAUSE_MS }, await options.client().compose(family));
  }
}

/** Reads the parts of families that were begun lately, the last one above all: it may be under way. */
export async function partsLoop(options: LoopOptions, families: readonly string[]): Promise<void> {
  const { random, signal } = options;
  while (!signal.aborted) {
    const back = random.chance(0.7) ? 0 : random.int(RECENT_FAMILIES);
    const family = families.at(-1 - back) ?? families[0] ?? 'family-none';
    await rest(options, await options.client().parts(family, random.int(PARTS.length)));
  }
}

export interface FamilyWatcherOptions {
  readonly watcher: number;
  readonly urls: () => readonly string[];
  readonly credentials: Credentials;
  readonly revision: number;
  readonly clock: Clock;
  readonly random: Prng;
  readonly signal: AbortSignal;
  readonly event: (part: Part, event: WatchedEvent) => void;
  readonly trouble: (what: string) => void;
}

/** Where the parts of all families are watched. */
const WATCHED: Readonly<Record<Part, string>> = {
  namespace: '/api/v1/namespaces?',
  account: '/api/v1/serviceaccounts?fieldSelector=metadata.name%3Ddefault&',
  bundle: '/api/v1/configmaps?fieldSelector=metadata.name%3Dkube-root-ca.crt&',
};

/** A watcher for each part, until the revision that `until` names. */
export async function watchFamilies(options: FamilyWatcherOptions, until: () => number): Promise<void> {
  await Promise.all(
    PARTS.map((part) => {
      const event = (told: WatchedEvent): void => {
        if (told.type === 'ADDED' && FAMILY.test(told.key)) options.event(part, told);
      };
      const collection = WATCHED[part];
      const keyOf = (name: string, namespace: string | undefined): string => namespace ?? name;
      return watchAll({ ...options, random: options.random.fork(), collection, keyOf, event }, until);
    }),
  );
}
