// Has an image ready by the container's pull policy, with back-off by pod and image, a few pulls at a time, and the
// events Kubernetes users know.
import type { Container, Pod, Served } from '../../api/index.ts';
import type { EventRecorder } from '../../client/index.ts';
import { type Clock, messageOf } from '../../lib/index.ts';
import {
  IMAGE_BACKOFF_FIRST_MS,
  IMAGE_BACKOFF_LIMIT_MS,
  IMAGE_PULL_TIMEOUT_MS,
  PARALLEL_IMAGE_PULLS,
} from '../limits.ts';
import { repositoryOf, tagOf } from '../runtime/images.ts';
import type { ContainerRuntime, ImageInfo } from '../runtime/port.ts';
import { eventsOf } from './container-events.ts';
import { StepError } from './parts.ts';

interface Failure {
  readonly delayMs: number;
  readonly untilMs: number;
  readonly message: string;
}

export class ImagePuller {
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #events: EventRecorder;
  readonly #failures = new Map<string, Failure>();
  readonly #waiting = new Set<() => void>();
  #pulling = 0;

  constructor(runtime: ContainerRuntime, clock: Clock, events: EventRecorder) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#events = events;
  }

  /** Throws StepError: ErrImagePull, ImagePullBackOff, ErrImageNeverPull, InvalidImageName. */
  async ensure(pod: Served<Pod>, container: Container, signal: AbortSignal): Promise<ImageInfo> {
    const image = container.image ?? '';
    const policy = policyOf(container);
    const tell = eventsOf(this.#events, pod, container.name);
    const present = await this.#runtime.image(image);
    if (present !== undefined && policy !== 'Always') {
      tell('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      tell('Warning', 'ErrImageNeverPull', message);
      throw new StepError('ErrImageNeverPull', message);
    }
    return this.#pull(pod, container, signal, present !== undefined && container.imagePullPolicy !== 'IfNotPresent');
  }

  /** When the next try of this image may be, if one failed. */
  retryAtMs(podUid: string, image: string): number | undefined {
    return this.#failures.get(`${podUid}|${image}`)?.untilMs;
  }

  forget(podUid: string): void {
    for (const key of this.#failures.keys()) if (key.startsWith(`${podUid}|`)) this.#failures.delete(key);
  }

  async #pull(
    pod: Served<Pod>,
    { name, image = '' }: Container,
    signal: AbortSignal,
    presentAnyway: boolean,
  ): Promise<ImageInfo> {
    const tell = eventsOf(this.#events, pod, name);
    const key = `${pod.metadata.uid}|${image}`;
    const failure = this.#failures.get(key);
    if (failure !== undefined && failure.untilMs > this.#clock.now()) {
      const message = `Back-off pulling image "${image}": ErrImagePull: ${failure.message}`;
      throw new StepError('ImagePullBackOff', message);
    }
    const askedMs = this.#clock.monotonic();
    await this.#turn(signal);
    if (signal.aborted) {
      this.#free();
      throw new StepError('ContainerCreating', 'the pod is ending');
    }
    tell('Normal', 'Pulling', `Pulling image "${image}"`);
    const begunMs = this.#clock.monotonic();
    const patience = new AbortController();
    const timer = this.#clock.timer(IMAGE_PULL_TIMEOUT_MS, () => patience.abort());
    try {
      const info = await this.#runtime.pullImage(image, AbortSignal.any([signal, patience.signal]));
      const endMs = this.#clock.monotonic();
      const took = `${durationText(endMs - begunMs)} (${durationText(endMs - askedMs)} including waiting)`;
      const size = `Image size: ${info.sizeBytes} bytes.`;
      tell('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took}. ${size}`);
      this.#failures.delete(key);
      return info;
    } catch (error) {
      const remedy = presentAnyway
        ? `; the image is on this node, but ${whyAlways(image)}: set imagePullPolicy: IfNotPresent to use it`
        : await this.#otherTags(image);
      const message = `${messageOf(error)}${remedy}`;
      const delayMs = Math.min(
        failure === undefined ? IMAGE_BACKOFF_FIRST_MS : failure.delayMs * 2,
        IMAGE_BACKOFF_LIMIT_MS,
      );
      this.#failures.set(key, { delayMs, untilMs: this.#clock.now() + delayMs, message });
      tell('Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
      tell('Warning', 'Failed', 'Error: ErrImagePull');
      throw new StepError('ErrImagePull', message, error);
    } finally {
      timer.cancel();
      this.#free();
    }
  }

  /** Where the registry cannot be reached, another version of the image may do. */
  async #otherTags(image: string): Promise<string> {
    const present = await this.#runtime.images().catch(() => []);
    const names = present.flatMap(({ names: all }) => all.filter((name) => repositoryOf(name) === repositoryOf(image)));
    return names.length === 0 ? '' : `; this node has ${names.join(', ')}`;
  }

  /** Waits for a place among the pulls; resolves early when `signal` aborts. Either way the place is taken. */
  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#pulling >= PARALLEL_IMAGE_PULLS && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.#waiting.delete(go);
          signal.removeEventListener('abort', go);
          resolve();
        };
        this.#waiting.add(go);
        signal.addEventListener('abort', go, { once: true });
      });
    }
    this.#pulling += 1;
  }

  #free(): void {
    this.#pulling -= 1;
    const [next] = this.#waiting;
    next?.();
  }
}

type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** The API fills it in; the same rule here for those who bypass its defaults. */
/** As Go writes a duration of whole milliseconds: `104ms`, `1.5s`, `2m3.04s`. */
export function durationText(milliseconds: number): string {
  const whole = Math.trunc(milliseconds);
  if (whole < 1_000) return whole === 0 ? '0s' : `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  return `${minutes === 0 ? '' : `${minutes}m`}${(whole - minutes * 60_000) / 1_000}s`;
}

function policyOf({ imagePullPolicy, image = '' }: Container): PullPolicy {
  if (imagePullPolicy === 'Always' || imagePullPolicy === 'IfNotPresent' || imagePullPolicy === 'Never') {
    return imagePullPolicy;
  }
  return tagOf(image) === 'latest' ? 'Always' : 'IfNotPresent';
}

function whyAlways(image: string): string {
  return tagOf(image) === 'latest' ? 'tag :latest means imagePullPolicy Always' : 'imagePullPolicy is Always';
}
