// The simulated runtime: pods in virtual form, on the injected clock. Containers start after a small delay and run until
// they are stopped or their command ends (script.ts); addresses are unique in the cluster; logs say that nothing is real.
// The state survives a restart of the kubelet: what would have ended meanwhile has ended when it comes back.
import { createHash, randomUUID } from 'node:crypto';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { type Clock, type Logger, rfc3339Micro, sleep, type Timer } from '../../../lib/index.ts';
import { SIMULATED_LOG_LINES } from '../../limits.ts';
import { architectureName, referenceProblem } from '../images.ts';
import {
  type ContainerRecord,
  type ContainerRuntime,
  type ContainerSpec,
  type ExecResult,
  ImageError,
  type ImageInfo,
  type LogOptions,
  type PodIdentity,
  type ProbeAnswer,
  type ProbeTarget,
  type RuntimeInfo,
  type RuntimePod,
  type SandboxSpec,
  type SandboxState,
} from '../port.ts';
import { execOutcome, type Step, stepsOf, type Variables } from './script.ts';
import { type LogLine, type SimulatedContainer, type SimulatedSandbox, StateFile, samePod } from './state.ts';

/** How long a virtual container takes to start. */
const START_MS = 100;
/** What a process killed by SIGTERM reports. */
const TERMINATED_EXIT_CODE = 143;
const VERSION = '0.1.0';
const FIRST_ADDRESS = 2;
const LAST_ADDRESS = 254;

export interface SimulatedRuntimeOptions {
  readonly cluster: string;
  readonly node: string;
  /** 0–255: pods get addresses 10.244.<nodeIndex>.x. */
  readonly nodeIndex: number;
  /** Where the state is kept over restarts of the kubelet. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens the state in `directory`, and lets time that passed meanwhile pass for its containers too. */
export async function simulatedRuntime(options: SimulatedRuntimeOptions): Promise<ContainerRuntime> {
  const runtime = new SimulatedRuntime(options, await StateFile.open(options.directory, options.cluster));
  runtime.resume();
  return runtime;
}

class SimulatedRuntime implements ContainerRuntime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #clock: Clock;
  readonly #file: StateFile;
  readonly #timers = new Map<string, Timer>();
  readonly #listeners = new Set<(podUid: string | undefined) => void>();
  readonly #logListeners = new Set<() => void>();

  constructor(options: SimulatedRuntimeOptions, file: StateFile) {
    this.#options = options;
    this.#clock = options.clock;
    this.#file = file;
  }

  resume(): void {
    for (const container of this.#file.state.containers) if (container.state === 'running') this.#advance(container);
  }

  info(): Promise<RuntimeInfo> {
    return Promise.resolve({
      containerRuntimeVersion: `simulated://${VERSION}`,
      kernelVersion: release(),
      osImage: 'simulated',
      operatingSystem: platform() === 'darwin' ? 'linux' : platform(),
      architecture: architectureName(arch()),
      cpus: cpus().length,
      memoryBytes: totalmem(),
      hostAddressForPods: undefined,
    });
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  pods(): Promise<readonly PodIdentity[]> {
    const found = new Map<string, PodIdentity>();
    for (const { spec } of this.#file.state.sandboxes) found.set(spec.pod.uid, spec.pod);
    for (const { spec } of this.#file.state.containers) found.set(spec.pod.uid, spec.pod);
    return Promise.resolve([...found.values()]);
  }

  pod(pod: PodIdentity): Promise<RuntimePod> {
    const sandboxes = this.#file.state.sandboxes.filter((sandbox) => samePod(sandbox.spec.pod, pod)).map(sandboxState);
    const containers = this.#file.state.containers.filter((c) => samePod(c.spec.pod, pod)).map(record);
    return Promise.resolve({
      pod,
      sandboxes: sandboxes.sort((a, b) => b.attempt - a.attempt),
      containers: containers.sort((a, b) => b.attempt - a.attempt),
    });
  }

  async createSandbox(spec: SandboxSpec): Promise<SandboxState> {
    const existing = this.#file.state.sandboxes.find(
      (s) => samePod(s.spec.pod, spec.pod) && s.spec.attempt === spec.attempt,
    );
    if (existing !== undefined) return sandboxState(existing);
    const sandbox: SimulatedSandbox = {
      id: identifier(),
      spec,
      ip: spec.hostNetwork ? undefined : this.#freeAddress(),
      createdAtMs: this.#clock.now(),
      ready: true,
    };
    this.#file.state.sandboxes.push(sandbox);
    await this.#saved(spec.pod.uid);
    return sandboxState(sandbox);
  }

  async stopSandbox(id: string): Promise<void> {
    const sandbox = this.#file.state.sandboxes.find((candidate) => candidate.id === id);
    if (sandbox === undefined || !sandbox.ready) return;
    for (const container of this.#file.state.containers) {
      if (container.sandboxId === id) this.#exit(container, 137);
    }
    sandbox.ready = false;
    await this.#saved(sandbox.spec.pod.uid);
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    const sandbox = this.#file.state.sandboxes.find((candidate) => candidate.id === id);
    if (sandbox === undefined) return;
    this.#file.state.sandboxes = this.#file.state.sandboxes.filter((candidate) => candidate !== sandbox);
    await this.#saved(sandbox.spec.pod.uid);
  }

  async createContainer(sandboxId: string, spec: ContainerSpec): Promise<string> {
    const sandbox = this.#file.state.sandboxes.find((candidate) => candidate.id === sandboxId);
    if (sandbox === undefined || !sandbox.ready) throw new Error(`there is no running sandbox ${sandboxId}`);
    if (!this.#file.state.images.includes(spec.image)) throw new ImageError(`image ${spec.image} is not there`);
    const same = this.#file.state.containers.find(
      (c) => samePod(c.spec.pod, spec.pod) && c.spec.name === spec.name && c.spec.attempt === spec.attempt,
    );
    if (same !== undefined && same.state !== 'created') {
      throw new Error(`container ${spec.name} was already started for the ${spec.attempt}th time`);
    }
    if (same !== undefined) await this.removeContainer(same.id);
    const container: SimulatedContainer = {
      id: identifier(),
      sandboxId,
      spec,
      createdAtMs: this.#clock.now(),
      startedAtMs: 0,
      finishedAtMs: 0,
      state: 'created',
      exitCode: 0,
      step: 0,
      stepBeganAtMs: 0,
      lines: [],
    };
    this.#file.state.containers.push(container);
    await this.#saved(spec.pod.uid);
    return container.id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    if (container.state !== 'created') return;
    await sleep(this.#clock, START_MS);
    if (container.state !== 'created') return;
    const now = this.#clock.now();
    container.state = 'running';
    container.startedAtMs = now;
    container.stepBeganAtMs = now;
    const argv = [...container.spec.command, ...container.spec.args];
    const command = argv.length === 0 ? "the image's own command" : argv.join(' ');
    this.#print(container, `simulated: this container is virtual, no process runs (image ${container.spec.image})`);
    this.#print(container, `simulated: started as ${command}`);
    this.#advance(container);
    await this.#saved(container.spec.pod.uid);
  }

  async stopContainer(id: string, _graceSeconds: number): Promise<void> {
    const container = this.#file.state.containers.find((candidate) => candidate.id === id);
    if (container === undefined || container.state === 'exited') return;
    if (container.state === 'running') this.#print(container, 'simulated: received SIGTERM, stopped');
    this.#exit(container, TERMINATED_EXIT_CODE);
    await this.#saved(container.spec.pod.uid);
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#file.state.containers.find((candidate) => candidate.id === id);
    if (container === undefined) return;
    this.#exit(container, 137);
    this.#file.state.containers = this.#file.state.containers.filter((candidate) => candidate !== container);
    await this.#saved(container.spec.pod.uid);
  }

  exec(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const container = this.#container(id);
    if (signal.aborted) return Promise.reject(new Error('the command was given up'));
    if (container.state !== 'running')
      return Promise.reject(new Error(`container ${container.spec.name} does not run`));
    return Promise.resolve(execOutcome(command, variablesOf(container)));
  }

  probeHttp(target: ProbeTarget): Promise<ProbeAnswer> {
    return this.#probe(target, 'HTTP probe');
  }

  probeTcp(target: ProbeTarget): Promise<ProbeAnswer> {
    return this.#probe(target, 'TCP probe');
  }

  async *logs(id: string, options: LogOptions): AsyncIterable<Uint8Array> {
    const container = this.#container(id);
    const since = options.sinceMs ?? 0;
    const present = container.lines.filter((line) => line.atMs >= since);
    const tail = options.tailLines;
    const shown = tail === undefined ? present : tail === 0 ? [] : present.slice(-tail);
    for (const line of shown) yield encodeLine(line, options.timestamps);
    let last = container.lines.at(-1);
    while (options.follow && !options.signal.aborted) {
      const next = container.lines.slice(last === undefined ? 0 : container.lines.lastIndexOf(last) + 1);
      for (const line of next) yield encodeLine(line, options.timestamps);
      last = next.at(-1) ?? last;
      if (next.length > 0) continue;
      if (container.state === 'exited' || !this.#file.state.containers.includes(container)) return;
      await this.#nextLogLine(options.signal);
    }
  }

  image(reference: string): Promise<ImageInfo | undefined> {
    return Promise.resolve(this.#file.state.images.includes(reference) ? imageInfo(reference) : undefined);
  }

  async pullImage(reference: string, signal: AbortSignal): Promise<ImageInfo> {
    const problem = referenceProblem(reference);
    if (problem !== undefined) throw new ImageError(problem);
    const registry = reference.split('/')[0] ?? '';
    // RFC 2606 reserves the domain, so that a failing pull can be shown without a network.
    if (/\.invalid(:\d+)?$/.test(registry)) throw new ImageError(`lookup ${registry}: no such host`);
    await sleep(this.#clock, START_MS, signal);
    if (signal.aborted) throw new ImageError('the pull was given up');
    if (!this.#file.state.images.includes(reference)) this.#file.state.images.push(reference);
    this.#file.changed();
    return imageInfo(reference);
  }

  images(): Promise<readonly ImageInfo[]> {
    return Promise.resolve(this.#file.state.images.map(imageInfo));
  }

  onChange(listener: (podUid: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#listeners.clear();
    await this.#file.settled();
  }

  #container(id: string): SimulatedContainer {
    const container = this.#file.state.containers.find((candidate) => candidate.id === id);
    if (container === undefined) throw new Error(`there is no container ${id}`);
    return container;
  }

  /** Runs the script as far as time has come, and sets a timer for the rest. */
  #advance(container: SimulatedContainer): void {
    const steps = stepsOf([...container.spec.command, ...container.spec.args], variablesOf(container));
    while (container.state === 'running') {
      const step: Step = steps[container.step] ?? { kind: 'exit', code: 0 };
      if (step.kind === 'forever') return;
      if (step.kind === 'exit') {
        this.#exit(container, step.code, container.stepBeganAtMs);
        continue;
      }
      if (step.kind === 'print') {
        this.#print(container, step.text);
      } else {
        const restMs = container.stepBeganAtMs + step.ms - this.#clock.now();
        if (restMs > 0) {
          this.#timers.set(
            container.id,
            this.#clock.timer(restMs, () => this.#advance(container)),
          );
          return;
        }
        container.stepBeganAtMs += step.ms;
      }
      container.step += 1;
      this.#file.changed();
    }
  }

  #exit(container: SimulatedContainer, code: number, atMs = this.#clock.now()): void {
    this.#timers.get(container.id)?.cancel();
    this.#timers.delete(container.id);
    if (container.state === 'exited') return;
    container.state = 'exited';
    container.exitCode = code;
    container.finishedAtMs = atMs;
    this.#file.changed();
    this.#wakeLogs();
    for (const listener of this.#listeners) listener(container.spec.pod.uid);
  }

  #print(container: SimulatedContainer, text: string): void {
    container.lines.push({ atMs: this.#clock.now(), text });
    if (container.lines.length > SIMULATED_LOG_LINES) container.lines.shift();
    this.#wakeLogs();
  }

  #wakeLogs(): void {
    for (const wake of this.#logListeners) wake();
  }

  async #nextLogLine(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#logListeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#logListeners.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #probe(target: ProbeTarget, what: string): Promise<ProbeAnswer> {
    const running = this.#file.state.containers.some(
      (c) => samePod(c.spec.pod, target.pod) && c.spec.name === target.container && c.state === 'running',
    );
    return Promise.resolve(
      running
        ? { success: true, detail: 'simulated: the container runs' }
        : { success: false, detail: `${what} failed: connect ${target.host}:${target.port}: connection refused` },
    );
  }

  #freeAddress(): string {
    const used = new Set(this.#file.state.sandboxes.filter((sandbox) => sandbox.ready).map((sandbox) => sandbox.ip));
    for (let tries = FIRST_ADDRESS; tries <= LAST_ADDRESS; tries += 1) {
      const last = this.#file.state.nextAddress;
      this.#file.state.nextAddress = last >= LAST_ADDRESS ? FIRST_ADDRESS : last + 1;
      const ip = `10.244.${this.#options.nodeIndex}.${last}`;
      if (!used.has(ip)) return ip;
    }
    throw new Error('every address of this simulated node is in use');
  }

  async #saved(podUid: string): Promise<void> {
    this.#file.changed();
    await this.#file.settled();
    for (const listener of this.#listeners) listener(podUid);
  }
}

function variablesOf({ spec }: SimulatedContainer): Variables {
  return (name) => spec.env.find((variable) => variable.name === name)?.value ?? '';
}

function sandboxState(sandbox: SimulatedSandbox): SandboxState {
  const { id, ready, createdAtMs } = sandbox;
  return { id, attempt: sandbox.spec.attempt, ready, ip: ready ? sandbox.ip : undefined, createdAtMs };
}

function record(container: SimulatedContainer): ContainerRecord {
  const { spec } = container;
  return {
    id: container.id,
    name: spec.name,
    attempt: spec.attempt,
    state: container.state,
    createdAtMs: container.createdAtMs,
    startedAtMs: container.startedAtMs,
    finishedAtMs: container.finishedAtMs,
    exitCode: container.exitCode,
    oomKilled: false,
    error: '',
    image: spec.image,
    imageId: imageInfo(spec.image).id,
    notes: spec.notes,
  };
}

function imageInfo(reference: string): ImageInfo {
  const digest = createHash('sha256').update(reference).digest('hex');
  return { id: `sha256:${digest}`, sizeBytes: 0, names: [reference], user: '' };
}

function encodeLine(line: LogLine, timestamps: boolean): Uint8Array {
  const time = timestamps ? `${rfc3339Micro(line.atMs).slice(0, -1)}000Z ` : '';
  return Buffer.from(`${time}${line.text}\n`);
}

function identifier(): string {
  return createHash('sha256').update(randomUUID()).digest('hex');
}
