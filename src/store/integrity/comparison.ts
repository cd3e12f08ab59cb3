// Compares this server's state with that of the others, at intervals (raft-and-storage.md, "What follows", 7):
//
// 1. The leader proposes a checkpoint when there was something to apply since the last one: an idle cluster stays idle.
// 2. Every server hashes its state at that very entry, and claims the hash by an entry of its own, again until it has
//    seen it applied.
// 3. Everybody judges by the claims. Who holds another state than a majority stops; without a majority all say so.
import { everyMember, type Membership } from '../../../raft/core/index.ts';
import { type Clock, type Logger, unreachable } from '../../lib/index.ts';
import { CHECKPOINT_FEATURE_LEVEL, encodeCheckpoint, encodeClaim } from '../command.ts';
import { CHECKPOINT_ENTRIES, CHECKPOINT_PERIOD_MS, CHECKPOINT_RETRY_MS } from '../limits.ts';
import type { Checkpoint } from '../port.ts';
import type { Sessions } from '../session.ts';
import type { Applied } from '../state-machine.ts';
import { Checkpoints, type Verdict } from './checkpoints.ts';

/** How often checkpoints are taken. */
export interface CheckpointInterval {
  /** After so long, if anything was applied … */
  readonly periodMs: number;
  /** … or after so many commands, whichever comes first. */
  readonly entries: number;
}

export const CHECKPOINT_INTERVAL: CheckpointInterval = { periodMs: CHECKPOINT_PERIOD_MS, entries: CHECKPOINT_ENTRIES };

export interface ComparisonOptions {
  readonly member: string;
  readonly origin: string;
  readonly interval: CheckpointInterval;
  readonly clock: Clock;
  readonly logger: Logger;
  membership(): Membership;
  propose(command: Uint8Array): void;
  /** This server's state is not what a majority holds. */
  diverged(reason: string): void;
}

export class StateComparison {
  readonly #options: ComparisonOptions;
  #checkpoints = new Checkpoints();
  /** The newest checkpoint that this server has not seen its own claim for. */
  #unclaimed: Checkpoint | undefined;
  #claimedAtMs: number | undefined;
  /** Commands that changed something since the last checkpoint. */
  #commands = 0;
  #takenAtMs: number;
  #proposedAtMs: number | undefined;
  #divided: string | undefined;

  constructor(options: ComparisonOptions) {
    this.#options = options;
    this.#takenAtMs = options.clock.monotonic();
  }

  /** The newest few checkpoints, oldest first. */
  get checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints.list();
  }

  /** Set while the newest comparison found no majority for any state. */
  get divided(): string | undefined {
    return this.#divided;
  }

  /** An entry was applied; `stateHash` is asked at checkpoints only. */
  observe(applied: Applied, index: number, stateHash: () => string): void {
    switch (applied.kind) {
      case 'registered':
      case 'commit':
      case 'compacted':
        this.#commands += 1;
        break;
      case 'checkpoint':
        this.#checkpoints.taken(index, stateHash());
        this.#unclaimed = this.#checkpoints.newest();
        this.#claimedAtMs = undefined;
        this.#commands = 0;
        this.#takenAtMs = this.#options.clock.monotonic();
        this.#proposedAtMs = undefined;
        break;
      case 'claim':
        this.#claimed(applied);
        break;
      default:
        unreachable(applied);
    }
  }

  /** A snapshot took the place of the state: what this server held before is of no interest any more. */
  replaced(): void {
    this.#checkpoints = new Checkpoints();
    this.#unclaimed = undefined;
  }

  /** Tells what is not told yet. Called when this server's session stands and a leader is known. */
  claim(): void {
    const { clock, origin, propose } = this.#options;
    const now = clock.monotonic();
    if (this.#unclaimed === undefined || isRecent(this.#claimedAtMs, now)) return;
    this.#claimedAtMs = now;
    propose(encodeClaim(origin, this.#unclaimed.index, this.#unclaimed.hash));
  }

  /** At the leader, now and then. Nothing is proposed that a member may not know. */
  proposeWhenDue(sessions: Sessions): void {
    const { clock, interval, propose, membership } = this.#options;
    const now = clock.monotonic();
    const isDue = this.#commands >= interval.entries || now - this.#takenAtMs >= interval.periodMs;
    if (this.#commands === 0 || !isDue || isRecent(this.#proposedAtMs, now)) return;
    // Who is leaving applies what comes before its end.
    if (!sessions.everyoneKnows(CHECKPOINT_FEATURE_LEVEL, everyMember(membership()))) return;
    this.#proposedAtMs = now;
    propose(encodeCheckpoint());
  }

  #claimed({ member, index, hash }: Applied & { kind: 'claim' }): void {
    if (member === undefined) return;
    const { membership, member: self } = this.#options;
    if (member === self && this.#unclaimed?.index === index) this.#unclaimed = undefined;
    const verdict = this.#checkpoints.claimed(member, index, hash, membership());
    if (verdict !== undefined) this.#judge(verdict);
  }

  #judge(verdict: Verdict): void {
    const { logger, diverged } = this.#options;
    const { index, hash } = verdict.checkpoint;
    switch (verdict.kind) {
      case 'agreed':
        this.#divided = undefined;
        if (verdict.differing.length > 0)
          logger.error({ index, hash, differing: verdict.differing }, 'members hold another state than the majority');
        break;
      case 'diverged':
        diverged(
          `the state of this server differs from that of the majority at entry ${index} (${short(hash)} here, ${short(verdict.theirs)} there): it must not be read, and is rebuilt from the other servers at the next start`,
        );
        break;
      case 'divided':
        this.#divided = `the servers hold different states at entry ${index}, and none is held by a majority`;
        logger.error({ index, claims: Object.fromEntries(verdict.claims) }, this.#divided);
        break;
      default:
        unreachable(verdict);
    }
  }
}

/** Whether what was sent then may still be on its way. */
function isRecent(sentAtMs: number | undefined, nowMs: number): boolean {
  return sentAtMs !== undefined && nowMs - sentAtMs < CHECKPOINT_RETRY_MS;
}

function short(hash: string): string {
  return hash.slice(0, 12);
}
