// When a leader that would hold everybody up is to hand leadership over (house.md, decision 8): its disk or its state machine
// stands still, or its state is not there yet. Said again after each limit, for the first hand-over may have failed.
import type { Clock } from '../../src/lib/index.ts';
import { APPLY_STALL_LIMIT_MS, DISK_STALL_LIMIT_MS, STATELESS_LEAD_MS } from './limits.ts';

/** Why leadership is handed over, and what belongs into the log line beside it. */
export interface Stall {
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const NONE: readonly Stall[] = [];

export class Stalls {
  private diskBusySince: number | undefined;
  private applyWaitingSince: number | undefined;
  private statelessSaidAt = Number.NEGATIVE_INFINITY;

  /** The disk was given a batch. */
  writing(now: number): void {
    this.diskBusySince = now;
  }

  /** The disk is done with a batch. */
  written(): void {
    this.diskBusySince = undefined;
  }

  /** The state machine has something to apply, and has had since some time. */
  applyWaits(clock: Pick<Clock, 'monotonic'>): void {
    this.applyWaitingSince ??= clock.monotonic();
  }

  /** The state machine has applied something, or has nothing to apply. */
  applyMoves(): void {
    this.applyWaitingSince = undefined;
  }

  /** What stands still at this leader for longer than it may. */
  look(now: number, isStateless: boolean): readonly Stall[] {
    let found = NONE;
    if (isStateless && now - this.statelessSaidAt > STATELESS_LEAD_MS) {
      this.statelessSaidAt = now;
      found = [{ reason: 'the state of this member is not there yet', details: {} }];
    }
    if (this.diskBusySince !== undefined && now - this.diskBusySince > DISK_STALL_LIMIT_MS) {
      found = [...found, { reason: 'the disk stalls', details: { stalledMs: now - this.diskBusySince } }];
      this.diskBusySince = now;
    }
    if (this.applyWaitingSince !== undefined && now - this.applyWaitingSince > APPLY_STALL_LIMIT_MS) {
      this.applyWaitingSince = now;
      found = [...found, { reason: 'committed entries are not applied', details: {} }];
    }
    return found;
  }
}
