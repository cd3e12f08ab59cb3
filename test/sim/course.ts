// How a run goes on: events are carried out until something holds, or something has failed.
import { drainMicrotasks, type Micros, MS, type Scheduler } from './time.ts';

/** How often it is looked whether what is waited for has come. */
const LOOK_PERIOD = 5 * MS;

export class Course {
  readonly #scheduler: Scheduler;
  /** The first thing that went wrong; it ends the run. */
  failure: unknown;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  fail(error: unknown): void {
    this.failure ??= error;
  }

  /** Carries out events until `condition` holds, for at most `duration`. Returns whether it does. Throws the failure. */
  async until(duration: Micros, condition: () => boolean): Promise<boolean> {
    const scheduler = this.#scheduler;
    const end = scheduler.now + duration;
    while (!condition()) {
      // To look after each event would cost more than the events.
      const next = scheduler.now + LOOK_PERIOD;
      do {
        if (!scheduler.step(end)) return condition();
        await drainMicrotasks();
        if (this.failure !== undefined) throw this.failure;
      } while (scheduler.now < next);
    }
    return true;
  }
}
