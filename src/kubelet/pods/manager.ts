// One worker for each pod of this node. A pod that the runtime has but the API does not know is ended too, after the API
// was asked about it once more: an empty cache must never kill what runs.
import type { Pod, Served } from '../../api/index.ts';
import { isNotFound, PODS } from '../../client/index.ts';
import { every, messageOf, type Timer } from '../../lib/index.ts';
import { ORPHAN_SWEEP_MS } from '../limits.ts';
import type { PodIdentity } from '../runtime/port.ts';
import type { KubeletParts } from './parts.ts';
import { podTitle } from './spec.ts';
import { PodWorker } from './worker.ts';

export class PodManager {
  readonly #parts: KubeletParts;
  readonly #signal: AbortSignal;
  readonly #workers = new Map<string, PodWorker>();
  readonly #running = new Set<Promise<void>>();
  #sweeping: Timer | undefined;

  constructor(parts: KubeletParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** The API's view of a pod changed. */
  observed(pod: Served<Pod>): void {
    if (this.#signal.aborted) return;
    const { uid } = pod.metadata;
    const known = this.#workers.get(uid);
    if (known !== undefined) {
      known.update(pod);
      return;
    }
    const worker = new PodWorker(this.#parts, pod);
    this.#workers.set(uid, worker);
    const run = worker
      .run(this.#signal)
      .catch((error: unknown) => this.#parts.logger.error({ uid, error: messageOf(error) }, 'a pod worker broke'))
      .finally(() => {
        this.#workers.delete(uid);
        this.#running.delete(run);
      });
    this.#running.add(run);
  }

  /** The API does not have the pod any more; `last` is its last state, with the grace of a forced deletion. */
  vanished(last: Served<Pod>): void {
    this.#workers.get(last.metadata.uid)?.removed(last);
  }

  /** Something about the pod changed in the runtime or a probe; undefined: in any of them. */
  trigger(podUid: string | undefined): void {
    if (podUid !== undefined) this.#workers.get(podUid)?.trigger();
    else for (const worker of this.#workers.values()) worker.trigger();
  }

  pods(): readonly Served<Pod>[] {
    return [...this.#workers.values()].map(({ pod }) => pod);
  }

  /** Ends pods that only the runtime knows, now and again each minute. Call it when the cache of pods is complete. */
  async sweepOrphans(): Promise<void> {
    this.#sweeping = every(this.#parts.clock, ORPHAN_SWEEP_MS, () => void this.#sweep());
    this.#signal.addEventListener('abort', () => this.#sweeping?.cancel(), { once: true });
    await this.#sweep();
  }

  /** Resolves when all workers have ended, after the signal. */
  async ended(): Promise<void> {
    this.#sweeping?.cancel();
    await Promise.all(this.#running);
  }

  async #sweep(): Promise<void> {
    try {
      for (const identity of await this.#parts.runtime.pods()) {
        if (this.#workers.has(identity.uid) || this.#signal.aborted) continue;
        if (await this.#isKnown(identity)) continue;
        if (this.#workers.has(identity.uid)) continue;
        this.#parts.logger.info({ pod: podTitle(identity) }, 'a pod without an object is ended');
        this.observed(orphan(identity));
        this.vanished(orphan(identity));
      }
    } catch (error) {
      if (!this.#signal.aborted)
        this.#parts.logger.warn({ error: messageOf(error) }, 'orphaned pods were not looked for');
    }
  }

  /** Asks the API itself, not the cache. */
  async #isKnown({ namespace, name, uid }: PodIdentity): Promise<boolean> {
    try {
      return (await this.#parts.client.get(PODS, { namespace, name })).metadata.uid === uid;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

/** What is left to know about a pod whose object is gone: enough to end its containers. */
function orphan({ uid, namespace, name }: PodIdentity): Served<Pod> {
  const creationTimestamp = '1970-01-01T00:00:00Z';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { uid, namespace, name, resourceVersion: '0', creationTimestamp, deletionTimestamp: creationTimestamp },
  };
}
