// A wish that only the leader grants, asked for until it is granted: leaders change, answers are lost, and another change may
// be under way. A wish is a state ("server-4 is a member"), so asking again after a lost answer does no harm.
import { type Clock, sleep, UserError } from '../src/lib/index.ts';
import { type Administration, type Granted, type Led, requireLeader } from './admin.ts';
import { CHANGE_RETRY_TIMEOUT_MS, LEADER_POLL_MS } from './limits.ts';
import type { Topology } from './topology.ts';

export interface LeaderWish {
  readonly path: 'members' | 'leader/transfer';
  readonly body: unknown;
  /** Whether what the leader says of itself and the members fulfils the wish already. */
  fulfilled(led: Led): boolean;
}

export interface WishMeans {
  readonly administration: Administration;
  readonly topology: () => Topology;
  readonly clock: Clock;
}

/** Refusals that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(['changeUnderWay', 'leaderIsNew', 'transferUnderWay', 'notCaughtUp']);

/** Resolves when it is granted. Throws UserError when it is refused for good, or for too long. */
export async function grant(wish: LeaderWish, means: WishMeans): Promise<void> {
  const { administration, topology, clock } = means;
  const deadline = clock.monotonic() + CHANGE_RETRY_TIMEOUT_MS;
  for (;;) {
    const led = await requireLeader(administration, topology, clock);
    if (wish.fulfilled(led)) return;
    const reply = await administration.post(led.leader, wish.path, wish.body);
    if (reply?.status === 200) return;
    const refusal = refusalOf(reply);
    if (!refusal.passes || clock.monotonic() > deadline) throw new UserError(refusal.message, refusal.remedy);
    await sleep(clock, LEADER_POLL_MS);
  }
}

export interface Refusal {
  /** Asking again later may help. */
  readonly passes: boolean;
  readonly message: string;
  readonly remedy: string;
}

/** What an answer other than a success says. Pure. */
export function refusalOf(reply: Granted | undefined): Refusal {
  const remedy = 'Look at `quorate member list`, and try again.';
  if (reply === undefined) return { passes: true, message: 'the leader did not answer in time', remedy };
  const message = textOf(reply.body, 'message') ?? `the leader answered with ${reply.status}`;
  switch (reply.status) {
    // It leads no more; or nobody does, or it stops; or the outcome is not known.
    case 421:
    case 503:
    case 504:
      return { passes: true, message, remedy };
    default:
      return { passes: causesOf(reply.body).some((cause) => PASSING.has(cause)), message, remedy };
  }
}

function causesOf(body: unknown): readonly string[] {
  const details = fieldOf(body, 'details');
  const causes = fieldOf(details, 'causes');
  return Array.isArray(causes) ? causes.flatMap((cause: unknown) => textOf(cause, 'reason') ?? []) : [];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}
