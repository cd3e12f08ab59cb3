// The Docker runtime: one sandbox container per pod, whose network and IPC the pod's containers join. Only this folder
// knows dockerode. It sees and touches only containers with the labels of its own cluster and node.
import { type Readable, Stream } from 'node:stream';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import { type Clock, type Logger, messageOf, UserError } from '../../../lib/index.ts';
import { EXEC_OUTPUT_LIMIT_BYTES } from '../../limits.ts';
import { architectureName, referenceProblem, withTag } from '../images.ts';
import { probeHttp, probeTcp } from '../network-probe.ts';
import {
  type ContainerRuntime,
  type ContainerSpec,
  type ExecResult,
  type HttpProbeRequest,
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
import { connect } from './connection.ts';
import { containerOptions, containerRecord, sandboxOptions, sandboxState } from './convert.ts';
import { followEvents } from './events.ts';
import { hostAddressForPods } from './host-address.ts';
import { CLUSTER_LABEL, KIND_LABEL, NODE_LABEL, type Owner, ownerFilter, POD_UID_LABEL, podOf } from './labels.ts';
import { findOomFloor } from './oom-floor.ts';
import { ensureSandboxImage } from './sandbox-image.ts';
import { frames } from './streams.ts';

export { dockerAnswers } from './connection.ts';

export interface DockerRuntimeOptions {
  /** Identifies the cluster among those that share the daemon. */
  readonly cluster: string;
  readonly node: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** DOCKER_HOST: unix:///path, tcp://host:port. Undefined: the environment's, then the usual sockets. */
  readonly dockerHost?: string | undefined;
}

/** Connects to Docker. Throws UserError when no daemon answers. */
export async function dockerRuntime(options: DockerRuntimeOptions): Promise<ContainerRuntime> {
  const docker = await connect(options.dockerHost);
  let facts: DockerFacts;
  try {
    facts = (await docker.info()) as DockerFacts;
  } catch (error) {
    throw new UserError(
      `Docker does not answer: ${messageOf(error)}`,
      'Start Docker, set DOCKER_HOST, or use --runtime simulated.',
      { cause: error },
    );
  }
  if (facts.OperatingSystem.includes(DESKTOP)) {
    options.logger.warn(
      {},
      'Docker Desktop keeps pods in a virtual machine: their addresses, and HTTP and TCP probes, are not reached from here',
    );
  }
  return new DockerRuntime(docker, options, facts);
}

const DESKTOP = 'Docker Desktop';

/** The fields we read of Docker's GET /info. */
interface DockerFacts {
  readonly ServerVersion: string;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly NCPU: number;
  readonly MemTotal: number;
}

interface Preparation {
  /** The sandboxes' image. */
  readonly image: string;
  readonly oomFloor: number;
}

async function prepare(docker: Docker, owner: Owner, facts: DockerFacts): Promise<Preparation> {
  const image = await ensureSandboxImage(docker, architectureName(facts.Architecture));
  return { image, oomFloor: await findOomFloor(docker, owner, image) };
}

const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number } | undefined)?.statusCode;

/** Waits for `work`; an answer with one of these HTTP statuses counts as done. */
async function accept(work: Promise<unknown>, ...statuses: readonly number[]): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!statuses.includes(statusOf(error) ?? 0)) throw error;
  }
}

const ALREADY = 304;
const MISSING = 404;
const CONFLICT = 409;

class DockerRuntime implements ContainerRuntime {
  readonly #docker: Docker;
  readonly #owner: Owner;
  readonly #options: DockerRuntimeOptions;
  readonly #facts: DockerFacts;
  readonly #listeners = new Set<(podUid: string | undefined) => void>();
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  #preparation: Promise<Preparation> | undefined;

  constructor(docker: Docker, options: DockerRuntimeOptions, facts: DockerFacts) {
    this.#docker = docker;
    this.#options = options;
    this.#owner = { cluster: options.cluster, node: options.node };
    this.#facts = facts;
    const { clock, logger } = options;
    this.#following = followEvents(docker, this.#owner, clock, logger, this.#closing.signal, (uid) => {
      for (const listener of this.#listeners) listener(uid);
    });
  }

  async info(): Promise<RuntimeInfo> {
    return {
      containerRuntimeVersion: `docker://${this.#facts.ServerVersion}`,
      kernelVersion: this.#facts.KernelVersion,
      osImage: this.#facts.OperatingSystem,
      operatingSystem: this.#facts.OSType,
      architecture: architectureName(this.#facts.Architecture),
      cpus: this.#facts.NCPU,
      memoryBytes: this.#facts.MemTotal,
      hostAddressForPods: await hostAddressForPods(this.#docker, this.#facts.OperatingSystem),
    };
  }

  async ping(): Promise<void> {
    await this.#docker.ping();
  }

  async pods(): Promise<readonly PodIdentity[]> {
    const found = new Map<string, PodIdentity>();
    const filters = { label: ownerFilter(this.#owner) };
    for (const { Labels } of await this.#docker.listContainers({ all: true, filters })) {
      const pod = podOf(Labels);
      if (pod.uid !== '') found.set(pod.uid, pod);
    }
    return [...found.values()];
  }

  async pod(pod: PodIdentity): Promise<RuntimePod> {
    const filters = { label: [...ownerFilter(this.#owner), `${POD_UID_LABEL}=${pod.uid}`] };
    const listed = await this.#docker.listContainers({ all: true, filters });
    const inspected = await Promise.all(listed.map(({ Id }) => this.#inspect(Id)));
    const present = inspected.filter((one) => one !== undefined);
    const isSandbox = (one: ContainerInspectInfo): boolean => one.Config.Labels[KIND_LABEL] === 'sandbox';
    return {
      pod,
      sandboxes: present
        .filter(isSandbox)
        .map(sandboxState)
        .sort((a, b) => b.attempt - a.attempt),
      containers: present
        .filter((one) => !isSandbox(one))
        .map(containerRecord)
        .sort((a, b) => b.attempt - a.attempt),
    };
  }

  async createSandbox(spec: SandboxSpec): Promise<SandboxState> {
    const { image, oomFloor } = await this.#prepared();
    const options = sandboxOptions(this.#owner, spec, image, oomFloor);
    const id = await this.#create(options).catch((error: unknown) => {
      // Somebody may have removed the image under us: the next try makes it again.
      if (statusOf(error) === MISSING) this.#preparation = undefined;
      throw error;
    });
    await accept(this.#docker.getContainer(id).start(), ALREADY);
    return sandboxState(await this.#docker.getContainer(id).inspect());
  }

  async stopSandbox(id: string): Promise<void> {
    await accept(this.#docker.getContainer(id).stop({ t: 1 }), ALREADY, MISSING);
  }

  async removeSandbox(id: string): Promise<void> {
    await this.removeContainer(id);
  }

  async createContainer(sandboxId: string, spec: ContainerSpec): Promise<string> {
    const { oomFloor } = await this.#prepared();
    const options = containerOptions(this.#owner, sandboxId, { ...spec, image: withTag(spec.image) }, oomFloor);
    try {
      return await this.#create(options);
    } catch (error) {
      if (statusOf(error) === MISSING && /no such image/i.test(messageOf(error))) {
        throw new ImageError(`image ${spec.image} is not there`, { cause: error });
      }
      throw error;
    }
  }

  async startContainer(id: string): Promise<void> {
    await accept(this.#docker.getContainer(id).start(), ALREADY);
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    await accept(this.#docker.getContainer(id).stop({ t: graceSeconds }), ALREADY, MISSING);
  }

  async removeContainer(id: string): Promise<void> {
    const inspected = await this.#inspect(id);
    if (inspected === undefined || !this.#isOurs(inspected)) return;
    await accept(this.#docker.getContainer(id).remove({ force: true, v: true }), MISSING, CONFLICT);
  }

  async exec(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const exec = await this.#docker
      .getContainer(id)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = (await exec.start({ hijack: false, stdin: false })) as Readable;
    const stop = (): void => void stream.destroy(new Error('the command was given up'));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      let output = Buffer.alloc(0);
      for await (const chunk of frames(stream)) {
        if (output.length < EXEC_OUTPUT_LIMIT_BYTES) output = Buffer.concat([output, chunk]);
      }
      const { ExitCode } = await exec.inspect();
      return { exitCode: ExitCode ?? 0, output: output.subarray(0, EXEC_OUTPUT_LIMIT_BYTES).toString() };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  probeHttp(target: ProbeTarget, request: HttpProbeRequest, timeoutMs: number): Promise<ProbeAnswer> {
    return probeHttp(this.#options.clock, target, request, timeoutMs);
  }

  probeTcp(target: ProbeTarget, timeoutMs: number): Promise<ProbeAnswer> {
    return probeTcp(this.#options.clock, target, timeoutMs);
  }

  async *logs(id: string, options: LogOptions): AsyncIterable<Uint8Array> {
    const container = this.#docker.getContainer(id);
    const common = {
      stdout: true,
      stderr: true,
      timestamps: options.timestamps,
      ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
      ...(options.sinceMs === undefined ? {} : { since: options.sinceMs / 1_000 }),
    };
    const { Config } = await container.inspect();
    const stream = options.follow
      ? ((await container.logs({ ...common, follow: true })) as Readable)
      : [await container.logs({ ...common, follow: false })];
    const stop = (): void => {
      if (stream instanceof Stream) stream.destroy();
    };
    options.signal.addEventListener('abort', stop, { once: true });
    if (options.signal.aborted) stop();
    try {
      // A terminal's output is not multiplexed.
      const source = (async function* () {
        for await (const chunk of stream) yield Buffer.from(chunk);
      })();
      yield* Config.Tty ? source : frames(source);
    } catch (error) {
      if (!options.signal.aborted) throw error;
    } finally {
      options.signal.removeEventListener('abort', stop);
      stop();
    }
  }

  async image(reference: string): Promise<ImageInfo | undefined> {
    if (referenceProblem(reference) !== undefined) return undefined;
    try {
      const found = await this.#docker.getImage(withTag(reference)).inspect();
      const id = found.RepoDigests?.[0] ?? found.Id;
      return { id, sizeBytes: found.Size, names: found.RepoTags ?? [], user: found.Config?.User ?? '' };
    } catch (error) {
      if (statusOf(error) === MISSING) return undefined;
      throw error;
    }
  }

  async pullImage(reference: string, signal: AbortSignal): Promise<ImageInfo> {
    const problem = referenceProblem(reference);
    if (problem !== undefined) throw new ImageError(problem);
    try {
      const stream = (await this.#docker.pull(withTag(reference))) as Readable;
      const stop = (): void => void stream.destroy(new Error('the pull was given up'));
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        await new Promise<void>((resolve, reject) => {
          stream.once('error', reject);
          this.#docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
        });
      } finally {
        signal.removeEventListener('abort', stop);
      }
    } catch (error) {
      throw new ImageError(messageOf(error), { cause: error });
    }
    const image = await this.image(reference);
    if (image === undefined) throw new ImageError(`image ${reference} was pulled, but Docker does not have it`);
    return image;
  }

  async images(): Promise<readonly ImageInfo[]> {
    const listed = await this.#docker.listImages();
    return listed.flatMap(({ Id, Size, RepoTags }) =>
      (RepoTags ?? []).length === 0 ? [] : [{ id: Id, sizeBytes: Size, names: RepoTags ?? [], user: '' }],
    );
  }

  onChange(listener: (podUid: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    await this.#following;
  }

  /** What must be known of the daemon before the first container; found out once. */
  #prepared(): Promise<Preparation> {
    this.#preparation ??= prepare(this.#docker, this.#owner, this.#facts).catch((error: unknown) => {
      this.#preparation = undefined;
      throw error;
    });
    return this.#preparation;
  }

  /** A leftover of the same name that never ran is replaced; a running one of ours is the one that was wanted. */
  async #create(options: Docker.ContainerCreateOptions): Promise<string> {
    try {
      return (await this.#docker.createContainer(options)).id;
    } catch (error) {
      if (statusOf(error) !== CONFLICT || options.name === undefined) throw error;
      const existing = await this.#inspect(options.name);
      if (existing === undefined || !this.#isOurs(existing)) throw error;
      if (existing.State.Status !== 'created') {
        if (options.Labels?.[KIND_LABEL] === 'sandbox' && existing.State.Running) return existing.Id;
        throw error;
      }
      await accept(this.#docker.getContainer(existing.Id).remove({ force: true }), MISSING);
      return (await this.#docker.createContainer(options)).id;
    }
  }

  async #inspect(id: string): Promise<ContainerInspectInfo | undefined> {
    try {
      return await this.#docker.getContainer(id).inspect();
    } catch (error) {
      if (statusOf(error) === MISSING) return undefined;
      throw error;
    }
  }

  #isOurs(inspected: ContainerInspectInfo): boolean {
    const labels = inspected.Config.Labels;
    return labels[CLUSTER_LABEL] === this.#owner.cluster && labels[NODE_LABEL] === this.#owner.node;
  }

  /** The bridge's gateway; Docker Desktop's virtual machine has a name for the host instead. */
}
