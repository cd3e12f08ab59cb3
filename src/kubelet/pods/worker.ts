// The worker of one pod: looks at the runtime, asks the plan, writes the status, acts, and looks again; level-triggered.
//
// A pod's end, as a story: (1) its object gets a deletionTimestamp, or is gone. (2) Starts in progress are given up, the
// plan kills containers in order, then stops the sandbox. (3) When nothing runs, the final status is written. (4) The
// containers are removed, then the volumes. (5) The object is deleted with grace 0 and its uid: only now may its name be
// used again. (6) The informer reports it gone, and the worker ends.
import type { Pod, PodStatus, Served } from '../../api/index.ts';
import { isConflict, isNotFound, PODS } from '../../client/index.ts';
import { messageOf, type Timer } from '../../lib/index.ts';
import { POD_RESYNC_MS, VOLUME_REFRESH_MS } from '../limits.ts';
import type { RuntimePod } from '../runtime/port.ts';
import { type BackOff, raised } from './backoff.ts';
import { eventsOf } from './container-events.ts';
import type { Waiting } from './container-status.ts';
import { Killer } from './killer.ts';
import { lastWords } from './last-words.ts';
import { type KubeletParts, StepError } from './parts.ts';
import { type Action, CRASH_RULE, type Ending, type Plan, planPod } from './plan.ts';
import { sandboxSpec } from './sandbox.ts';
import { allContainers, identityOf, isTerminalPhase, podTitle } from './spec.ts';
import { factsOf, startContainer } from './starter.ts';
import { podStatus } from './status.ts';
import { retryDelayMs, StepRetries } from './step-retries.ts';

/** How long a failed pull is shown as ErrImagePull before it is ImagePullBackOff. */
const PULL_ERROR_SHOWN_MS = 2_000;

interface WaitingSince extends Waiting {
  readonly sinceMs: number;
}

export class PodWorker {
  readonly #parts: KubeletParts;
  readonly #killer: Killer;
  readonly #crashes = new Map<string, BackOff>();
  readonly #retries = new StepRetries();
  readonly #waiting = new Map<string, WaitingSince>();
  readonly #messages = new Map<string, string>();
  readonly #backOffTold = new Map<string, number>();
  readonly #seenAtMs: number;
  #starting = new AbortController();
  #pod: Served<Pod>;
  /** The object is gone from the API. */
  #gone = false;
  /** Everything of the pod is removed from this node, and the API was told. */
  #released = false;
  #volumesFreshAtMs: number;
  #dirty = true;
  #wake: (() => void) | undefined;

  constructor(parts: KubeletParts, pod: Served<Pod>) {
    this.#parts = parts;
    this.#pod = pod;
    this.#seenAtMs = parts.clock.now();
    this.#volumesFreshAtMs = this.#seenAtMs;
    this.#killer = new Killer(parts, () => this.trigger());
  }

  get pod(): Served<Pod> {
    return this.#pod;
  }

  update(pod: Served<Pod>): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#starting.abort();
    this.trigger();
  }

  removed(last: Served<Pod>): void {
    this.#pod = last;
    this.#gone = true;
    this.#starting.abort();
    this.trigger();
  }

  trigger(): void {
    this.#dirty = true;
    this.#wake?.();
  }

  /** Resolves when the pod has left this node and the API, or `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => {
      this.#starting.abort();
      this.#wake?.();
    };
    signal.addEventListener('abort', stop, { once: true });
    let delayMs: number | undefined;
    while (!signal.aborted && !(this.#gone && this.#released)) {
      this.#dirty = false;
      let wakeAtMs: number | undefined;
      try {
        wakeAtMs = await this.#sync(signal);
        delayMs = undefined;
      } catch (error) {
        delayMs = retryDelayMs(delayMs);
        wakeAtMs = this.#parts.clock.now() + delayMs;
        const title = podTitle(identityOf(this.#pod));
        this.#parts.logger.warn({ pod: title, error: messageOf(error) }, 'a pod was not synced; it is tried again');
      }
      if (!this.#dirty && !signal.aborted) await this.#pause(wakeAtMs);
    }
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) this.#parts.statuses.forget(this.#pod.metadata.uid);
  }

  async #pause(wakeAtMs: number | undefined): Promise<void> {
    const { clock } = this.#parts;
    const delayMs = Math.min(POD_RESYNC_MS, Math.max(0, (wakeAtMs ?? Number.POSITIVE_INFINITY) - clock.now()));
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = clock.timer(delayMs, resolve);
    });
    timer?.cancel();
    this.#wake = undefined;
  }

  /** One look and what follows from it. Returns when to look again. */
  async #sync(signal: AbortSignal): Promise<number | undefined> {
    if (this.#released) return undefined;
    const parts = this.#parts;
    const pod = this.#gone ? this.#pod : parts.statuses.newest(this.#pod);
    const runtime = await parts.runtime.pod(identityOf(pod));
    await this.#collectLastWords(pod, runtime);
    const nowMs = parts.clock.now();
    const ending = this.#endingOf(pod, nowMs);
    const sandboxIp = runtime.sandboxes[0]?.ip ?? (pod.spec?.hostNetwork === true ? parts.nodeAddress : undefined);
    const verdicts = parts.prober.observe(pod, sandboxIp, runtime.containers);
    const ripeAtMs = this.#ripen(pod, nowMs);
    const plan = planPod({
      pod,
      runtime,
      ending,
      verdicts,
      crashes: this.#crashes,
      notBeforeMs: this.#retries.notBeforeMs,
      stopping: this.#killer.stopping(),
      nowMs,
    });
    this.#tellBackOff(pod, plan, runtime);
    const status = podStatus({
      pod,
      previous: pod.status ?? {},
      runtime,
      runtimeName: parts.runtimeName,
      verdicts,
      waiting: this.#waiting,
      messages: this.#messages,
      plan,
      ending,
      nodeAddress: parts.nodeAddress,
      seenAtMs: this.#seenAtMs,
      nowMs,
    });
    const written = this.#gone ? Promise.resolve() : parts.statuses.write(pod, status);
    for (const action of plan.actions) {
      if (signal.aborted) return undefined;
      await this.#act(pod, runtime, action);
    }
    if (plan.actions.some(({ kind }) => kind !== 'kill')) this.#dirty = true;
    if (plan.ended) await this.#ended(pod, runtime, written, status);
    else await this.#refreshVolumes(pod, runtime, nowMs);
    return earliest(plan.wakeAtMs, ripeAtMs, this.#deadlineMs(pod));
  }

  #endingOf(pod: Served<Pod>, nowMs: number): Ending {
    if (this.#gone || pod.metadata.deletionTimestamp !== undefined) return { kind: 'deleted' };
    const deadlineMs = this.#deadlineMs(pod);
    if (deadlineMs === undefined || deadlineMs > nowMs || isTerminalPhase(pod.status?.phase)) return { kind: 'none' };
    const message = 'Pod was active on the node longer than the specified deadline';
    return { kind: 'failed', reason: 'DeadlineExceeded', message };
  }

  #deadlineMs(pod: Served<Pod>): number | undefined {
    const seconds = pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined || isTerminalPhase(pod.status?.phase)) return undefined;
    return (Date.parse(pod.status?.startTime ?? '') || this.#seenAtMs) + seconds * 1_000;
  }

  async #act(pod: Served<Pod>, runtime: RuntimePod, action: Action): Promise<void> {
    const parts = this.#parts;
    switch (action.kind) {
      case 'createSandbox':
        await this.#createSandbox(pod, action.attempt);
        break;
      case 'start':
        await this.#start(pod, runtime, action.name, action.attempt);
        break;
      case 'kill':
        this.#killer.kill(pod, action.record, runtime.sandboxes[0]?.ip ?? '', action.graceSeconds, action.message);
        break;
      case 'stopSandbox':
        await parts.runtime.stopSandbox(action.id);
        break;
      case 'removeSandbox':
        await parts.runtime.removeSandbox(action.id);
        break;
      case 'removeContainer':
        await parts.runtime.removeContainer(action.id);
        break;
      default:
        action satisfies never;
    }
  }

  async #createSandbox(pod: Served<Pod>, attempt: number): Promise<void> {
    const { runtime, events } = this.#parts;
    if (attempt > 0) {
      events.event(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    }
    try {
      await runtime.createSandbox(sandboxSpec(pod, attempt));
      this.#succeeded('');
    } catch (error) {
      this.#retries.failed('', this.#parts.clock.now());
      const message = `Failed to create pod sandbox: ${messageOf(error)}`;
      events.event(pod, 'Warning', 'FailedCreatePodSandBox', message);
    }
  }

  async #start(pod: Served<Pod>, runtime: RuntimePod, name: string, attempt: number): Promise<void> {
    const { clock, images } = this.#parts;
    const container = allContainers(pod).find((roled) => roled.container.name === name)?.container;
    if (container === undefined || this.#starting.signal.aborted) return;
    const before = runtime.containers.find((record) => record.name === name && record.state === 'exited');
    try {
      await startContainer(this.#parts, { pod, container, attempt, runtime, signal: this.#starting.signal });
      this.#succeeded(name);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      if (this.#starting.signal.aborted) return;
      this.#waiting.set(name, { reason: error.reason, message: error.message, sinceMs: clock.now() });
      this.#retries.failed(name, clock.now(), images.retryAtMs(pod.metadata.uid, container.image ?? ''));
      if (error.reason !== 'RunContainerError') return;
    }
    if (before !== undefined) {
      const entry = raised(this.#crashes.get(name), CRASH_RULE, before.finishedAtMs, clock.now());
      this.#crashes.set(name, entry);
    }
  }

  #succeeded(name: string): void {
    this.#waiting.delete(name);
    this.#retries.succeeded(name);
  }

  /** A failed pull becomes ImagePullBackOff after a moment. Returns when the next one does. */
  #ripen(pod: Served<Pod>, nowMs: number): number | undefined {
    let next: number | undefined;
    for (const [name, waiting] of this.#waiting) {
      if (waiting.reason !== 'ErrImagePull') continue;
      const ripeAtMs = waiting.sinceMs + PULL_ERROR_SHOWN_MS;
      if (ripeAtMs > nowMs) {
        next = earliest(next, ripeAtMs);
        continue;
      }
      const image = allContainers(pod).find(({ container }) => container.name === name)?.container.image ?? '';
      const title = `Back-off pulling image "${image}"`;
      const message = `${title}: ErrImagePull: ${waiting.message}`;
      this.#waiting.set(name, { reason: 'ImagePullBackOff', message, sinceMs: nowMs });
      const tell = eventsOf(this.#parts.events, pod, name);
      tell('Normal', 'BackOff', title);
      tell('Warning', 'Failed', 'Error: ImagePullBackOff');
    }
    return next;
  }

  #tellBackOff(pod: Served<Pod>, plan: Plan, runtime: RuntimePod): void {
    for (const name of plan.backingOff.keys()) {
      this.#waiting.delete(name);
      const attempt = runtime.containers.find((record) => record.name === name)?.attempt ?? 0;
      if (this.#backOffTold.get(name) === attempt) continue;
      this.#backOffTold.set(name, attempt);
      const text = `Back-off restarting failed container ${name} in pod ${podTitle(identityOf(pod))}`;
      eventsOf(this.#parts.events, pod, name)('Warning', 'BackOff', text);
    }
  }

  async #collectLastWords(pod: Served<Pod>, runtime: RuntimePod): Promise<void> {
    const present = new Set(runtime.containers.map(({ id }) => id));
    for (const id of this.#messages.keys()) if (!present.has(id)) this.#messages.delete(id);
    for (const record of runtime.containers) {
      if (record.state !== 'exited' || this.#messages.has(record.id)) continue;
      const found = allContainers(pod).find(({ container }) => container.name === record.name)?.container;
      this.#messages.set(record.id, await lastWords(this.#parts.runtime, record, found));
    }
  }

  async #refreshVolumes(pod: Served<Pod>, runtime: RuntimePod, nowMs: number): Promise<void> {
    const due = nowMs - this.#volumesFreshAtMs >= VOLUME_REFRESH_MS - POD_RESYNC_MS / 10;
    if (!due || !runtime.containers.some(({ state }) => state === 'running')) return;
    this.#volumesFreshAtMs = nowMs;
    await this.#parts.volumes.setUp(factsOf(this.#parts, pod, runtime.sandboxes[0]?.ip)).catch((error: unknown) => {
      this.#parts.events.event(pod, 'Warning', 'FailedMount', messageOf(error));
    });
  }

  /** Nothing runs any more: a pod that ended by itself keeps its containers for their logs, a deleted one leaves. */
  async #ended(pod: Served<Pod>, runtime: RuntimePod, written: Promise<void>, status: PodStatus): Promise<void> {
    const { client, prober, images, volumes, runtime: engine, logger } = this.#parts;
    prober.forget(pod.metadata.uid);
    if (!this.#gone && pod.metadata.deletionTimestamp === undefined) return;
    await written;
    for (const { id } of runtime.containers) await engine.removeContainer(id);
    for (const { id } of runtime.sandboxes) await engine.removeSandbox(id);
    await volumes.tearDown(pod.metadata.uid);
    images.forget(pod.metadata.uid);
    const { namespace = '', name, uid } = pod.metadata;
    if (!this.#gone) {
      await client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, uid }).catch((error: unknown) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
    }
    this.#released = true;
    logger.info({ pod: podTitle(identityOf(pod)), phase: status.phase }, 'the pod has left this node');
  }
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
