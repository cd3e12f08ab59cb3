// The ticks of a core, by the clock. At rest hardly one of them does more than count, and each would wake its thread: so the timer
// is set for the first that matters, and those before are made up for then, or when something else happens.
import type { Clock, Timer } from '../../src/lib/index.ts';
import { type RaftCore, TICK_MS } from '../core/index.ts';
import { QUIET_LIMIT_TICKS } from './limits.ts';

/** Timers fire early by so much: those of Node know whole milliseconds, and count from the beginning of their turn. */
const EARLY_MS = 2;

export class Ticks {
  private readonly clock: Clock;
  private readonly core: Pick<RaftCore, 'tick' | 'ticksUntilDue'>;
  private readonly due: () => void;
  /** Up to when ticks have passed; undefined while time stands still. In milliseconds of the monotonic clock, as dueMs. */
  private passedMs: number | undefined;
  /** When the timer fires. */
  private dueMs = 0;
  private timer: Timer | undefined;

  /** `due` is called when a tick is due that matters: it passes time, acts, and plans. */
  constructor(clock: Clock, core: Pick<RaftCore, 'tick' | 'ticksUntilDue'>, due: () => void) {
    this.clock = clock;
    this.core = core;
    this.due = due;
  }

  start(): void {
    this.passedMs = this.clock.monotonic();
    this.plan();
  }

  stop(): void {
    this.passedMs = undefined;
    this.timer?.cancel();
    this.timer = undefined;
  }

  /**
   * Makes up for the ticks since the last call, up to the first that matters. Those beyond are forgotten: a thread that stood still has
   * not read its mail, and nothing is concluded from that. To be called before anything is put into the core.
   */
  pass(): void {
    if (this.passedMs === undefined) return;
    const nowMs = this.clock.monotonic();
    const elapsed = Math.max(0, Math.floor((nowMs - this.passedMs + EARLY_MS) / TICK_MS));
    const limit = this.ticksUntilDue();
    this.passedMs = elapsed > limit ? nowMs : this.passedMs + elapsed * TICK_MS;
    for (let left = Math.min(elapsed, limit); left > 0; left -= 1) this.core.tick();
  }

  /** Sets the timer. To be called when the core has acted on what was put into it. */
  plan(): void {
    if (this.passedMs === undefined) return;
    const dueMs = this.passedMs + this.ticksUntilDue() * TICK_MS;
    // One that fires before anything is due plans again.
    if (this.timer !== undefined && this.dueMs <= dueMs) return;
    this.timer?.cancel();
    this.dueMs = dueMs;
    this.timer = this.clock.timer(Math.max(0, dueMs - this.clock.monotonic()), () => {
      this.timer = undefined;
      this.due();
    });
  }

  private ticksUntilDue(): number {
    return Math.min(this.core.ticksUntilDue(), QUIET_LIMIT_TICKS);
  }
}
