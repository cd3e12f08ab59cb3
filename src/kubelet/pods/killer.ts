// Stops containers in the background: preStop hook, stop signal, and after the grace the kill signal. A shorter grace
// that is asked for later is honoured at once.
import type { Pod, Served } from '../../api/index.ts';
import { messageOf } from '../../lib/index.ts';
import { MINIMUM_GRACE_SECONDS } from '../limits.ts';
import type { ContainerRecord } from '../runtime/port.ts';
import { eventsOf } from './container-events.ts';
import { runHook } from './hooks.ts';
import type { KubeletParts } from './parts.ts';
import { allContainers } from './spec.ts';

interface Stop {
  readonly deadlineMs: number;
  /** Ends the wait for the preStop hook. */
  readonly hurry: AbortController;
  readonly hook: Promise<void> | undefined;
}

export class Killer {
  readonly #parts: KubeletParts;
  readonly #stops = new Map<string, Stop>();
  readonly #stopped: () => void;

  /** `stopped` is called after each stop, also a failed one. */
  constructor(parts: KubeletParts, stopped: () => void) {
    this.#parts = parts;
    this.#stopped = stopped;
  }

  /** Container ids and when their kill signal comes. */
  stopping(): ReadonlyMap<string, number> {
    return new Map([...this.#stops].map(([id, { deadlineMs }]) => [id, deadlineMs]));
  }

  kill(pod: Served<Pod>, record: ContainerRecord, podIp: string, graceSeconds: number, message: string): void {
    const { clock, events } = this.#parts;
    const earlier = this.#stops.get(record.id);
    const deadlineMs = clock.now() + graceSeconds * 1_000;
    if (earlier === undefined) eventsOf(events, pod, record.name)('Normal', 'Killing', message);
    earlier?.hurry.abort();
    const hurry = new AbortController();
    const hook = earlier === undefined ? this.#preStop(pod, record, podIp, graceSeconds, hurry) : earlier.hook;
    const stop: Stop = { deadlineMs, hurry, hook };
    this.#stops.set(record.id, stop);
    void this.#stop(pod, record, stop);
  }

  #preStop(
    pod: Served<Pod>,
    record: ContainerRecord,
    podIp: string,
    graceSeconds: number,
    hurry: AbortController,
  ): Promise<void> | undefined {
    const { clock, events } = this.#parts;
    const container = allContainers(pod).find((roled) => roled.container.name === record.name)?.container;
    const hook = container?.lifecycle?.preStop;
    if (container === undefined || hook === undefined || graceSeconds <= 0) return undefined;
    const timer = clock.timer(graceSeconds * 1_000, () => hurry.abort());
    return runHook(this.#parts, { pod, container, id: record.id, podIp }, hook, hurry.signal)
      .then((problem) => {
        if (problem === undefined) return;
        eventsOf(events, pod, record.name)('Warning', 'FailedPreStopHook', `PreStopHook failed: ${problem}`);
      })
      .finally(() => timer.cancel());
  }

  async #stop(pod: Served<Pod>, record: ContainerRecord, stop: Stop): Promise<void> {
    const { runtime, clock, logger } = this.#parts;
    try {
      await stop.hook;
      const restSeconds = Math.round((stop.deadlineMs - clock.now()) / 1_000);
      const floor = stop.hook === undefined ? 0 : MINIMUM_GRACE_SECONDS;
      await runtime.stopContainer(record.id, Math.max(restSeconds, floor));
    } catch (error) {
      const fields = { pod: pod.metadata.name, container: record.name, error: messageOf(error) };
      logger.warn(fields, 'a container was not stopped; it is tried again');
    } finally {
      if (this.#stops.get(record.id) === stop) this.#stops.delete(record.id);
      this.#stopped();
    }
  }
}
