// What every container runtime promises: one suite, run against each adapter.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerRuntime } from '../../src/kubelet/index.ts';
import type { ContainerRecord, ContainerSpec, PodIdentity, SandboxSpec } from '../../src/kubelet/runtime/port.ts';
import { until } from './support/cluster.ts';

export interface ContractSubject {
  readonly name: string;
  /** Opens the runtime of this cluster and node; a second call is a restart, or a neighbour on the same engine. */
  open(cluster: string, node: string): Promise<ContainerRuntime>;
  /** An image that the engine has, or can have, and that understands `sh -c`. */
  readonly image: string;
  cleanUp(): Promise<void>;
}

let pods = 0;
const newPod = (): PodIdentity => {
  pods += 1;
  return { uid: `${process.pid}-${pods}`, namespace: 'contract', name: `pod-${pods}` };
};

export const sandboxOf = (pod: PodIdentity, attempt = 0): SandboxSpec => ({
  pod,
  attempt,
  hostname: pod.name,
  domain: '',
  hostNetwork: false,
  hostIpc: false,
  hostPorts: [],
  hostAliases: [],
  dns: { servers: [], searches: [], options: [] },
  sysctls: {},
});

export const containerOf = (
  pod: PodIdentity,
  image: string,
  command: readonly string[],
  rest: Partial<ContainerSpec> = {},
) =>
  ({
    pod,
    name: 'main',
    attempt: 0,
    image,
    command,
    args: [],
    workingDir: undefined,
    env: [],
    mounts: [],
    resources: { cpuShares: 2, cpuLimitMilli: 0, memoryLimitBytes: 0, oomScoreAdjust: 0 },
    security: {
      user: undefined,
      supplementalGroups: [],
      privileged: false,
      readOnlyRootFilesystem: false,
      noNewPrivileges: false,
      capabilitiesAdd: [],
      capabilitiesDrop: [],
      seccompUnconfined: false,
    },
    stdin: false,
    tty: false,
    sharePids: 'own',
    notes: { image, why: 'contract' },
    ...rest,
  }) satisfies ContainerSpec;

const never = new AbortController().signal;
const everything = { follow: false, tailLines: undefined, sinceMs: undefined, timestamps: false, signal: never };

export async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export function runtimeContract(subject: ContractSubject): void {
  describe(`the ${subject.name} runtime`, () => {
    let runtime: ContainerRuntime;
    const cluster = `contract-${process.pid}`;

    beforeAll(async () => {
      runtime = await subject.open(cluster, 'node1');
      if ((await runtime.image(subject.image)) === undefined) await runtime.pullImage(subject.image, never);
    });
    afterAll(async () => {
      for (const pod of await runtime.pods()) {
        const { containers, sandboxes } = await runtime.pod(pod);
        for (const { id } of containers) await runtime.removeContainer(id);
        for (const { id } of sandboxes) await runtime.removeSandbox(id);
      }
      await runtime.close();
      await subject.cleanUp();
    });

    const start = async (pod: PodIdentity, command: readonly string[], rest: Partial<ContainerSpec> = {}) => {
      const sandbox = await runtime.createSandbox(sandboxOf(pod));
      const id = await runtime.createContainer(sandbox.id, containerOf(pod, subject.image, command, rest));
      await runtime.startContainer(id);
      return { id, sandbox };
    };
    const recordOf = async (pod: PodIdentity, id: string): Promise<ContainerRecord | undefined> =>
      (await runtime.pod(pod)).containers.find((record) => record.id === id);
    const ended = async (pod: PodIdentity, id: string): Promise<ContainerRecord> => {
      let record: ContainerRecord | undefined;
      await until(async () => {
        record = await recordOf(pod, id);
        return record?.state === 'exited';
      }, 'the container does not end');
      if (record === undefined) throw new Error('the container is gone');
      return record;
    };

    it('describes itself as nodes do', async () => {
      const info = await runtime.info();
      expect(info.containerRuntimeVersion).toMatch(new RegExp(`^${subject.name}://\\d+\\.`));
      expect(info.cpus).toBeGreaterThan(0);
      expect(['amd64', 'arm64']).toContain(info.architecture);
    });

    it('gives a sandbox an address of its own, and the same sandbox for the same attempt', async () => {
      const [one, two] = [newPod(), newPod()];
      const first = await runtime.createSandbox(sandboxOf(one));
      const second = await runtime.createSandbox(sandboxOf(two));
      expect(first.ready).toBe(true);
      expect(first.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(first.ip).not.toBe(second.ip);
      expect((await runtime.createSandbox(sandboxOf(one))).id).toBe(first.id);
    });

    it('reports a running container with the notes it was given', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sleep', '1000']);
      const record = await recordOf(pod, id);
      expect(record).toMatchObject({ name: 'main', attempt: 0, state: 'running', finishedAtMs: 0 });
      expect(record?.notes).toEqual({ image: subject.image, why: 'contract' });
      expect(record?.startedAtMs).toBeGreaterThan(0);
    });

    it('reports the exit code of a container that ended', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sh', '-c', 'exit 7']);
      const record = await ended(pod, id);
      expect(record.exitCode).toBe(7);
      expect(record.finishedAtMs).toBeGreaterThanOrEqual(record.startedAtMs);
    });

    it('stops a container, once and again, also when it is gone', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sleep', '1000']);
      await runtime.stopContainer(id, 0);
      expect((await ended(pod, id)).exitCode).not.toBe(0);
      await runtime.stopContainer(id, 0);
      await runtime.removeContainer(id);
      await runtime.stopContainer(id, 0);
      await runtime.removeContainer(id);
      expect(await recordOf(pod, id)).toBeUndefined();
    });

    it('tells of changes by the uid of the pod', async () => {
      const pod = newPod();
      const heard: (string | undefined)[] = [];
      const stop = runtime.onChange((uid) => heard.push(uid));
      const { id } = await start(pod, ['sh', '-c', 'exit 0']);
      await ended(pod, id);
      await until(async () => heard.includes(pod.uid), 'no change is told');
      stop();
    });

    it('keeps the log of a container that ended, and cuts it where it was asked to', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sh', '-c', 'echo one; echo two; echo three']);
      await ended(pod, id);
      const all = await textOf(runtime.logs(id, everything));
      expect(all.endsWith('one\ntwo\nthree\n')).toBe(true);
      expect(await textOf(runtime.logs(id, { ...everything, tailLines: 2 }))).toBe('two\nthree\n');
      expect(await textOf(runtime.logs(id, { ...everything, tailLines: 0 }))).toBe('');
      const stamped = await textOf(runtime.logs(id, { ...everything, tailLines: 1, timestamps: true }));
      expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three\n$/);
    });

    it('follows a log until the container ends', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sh', '-c', 'echo early; sleep 1; echo late']);
      const text = await textOf(runtime.logs(id, { ...everything, follow: true }));
      expect(text.endsWith('early\nlate\n')).toBe(true);
    });

    it('stops following when the reader leaves', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sh', '-c', 'echo early; sleep 1000']);
      const leaving = new AbortController();
      let text = '';
      for await (const chunk of runtime.logs(id, { ...everything, follow: true, signal: leaving.signal })) {
        text += Buffer.from(chunk).toString();
        if (text.endsWith('early\n')) leaving.abort();
      }
      expect(text.endsWith('early\n')).toBe(true);
    });

    it('runs commands in a container and reports how they ended', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sleep', '1000']);
      expect(await runtime.exec(id, ['sh', '-c', 'echo seen; exit 4'], never)).toEqual({
        exitCode: 4,
        output: expect.stringContaining('seen'),
      });
      expect((await runtime.exec(id, ['true'], never)).exitCode).toBe(0);
    });

    it('replaces a container that was created and never started', async () => {
      const pod = newPod();
      const sandbox = await runtime.createSandbox(sandboxOf(pod));
      const spec = containerOf(pod, subject.image, ['sleep', '1000']);
      const first = await runtime.createContainer(sandbox.id, spec);
      const second = await runtime.createContainer(sandbox.id, spec);
      expect(second).not.toBe(first);
      expect((await runtime.pod(pod)).containers.map(({ id }) => id)).toEqual([second]);
    });

    it('lists attempts of a container, the newest first', async () => {
      const pod = newPod();
      const { id, sandbox } = await start(pod, ['false']);
      await ended(pod, id);
      const spec = containerOf(pod, subject.image, ['sleep', '1000'], { attempt: 1 });
      await runtime.startContainer(await runtime.createContainer(sandbox.id, spec));
      expect((await runtime.pod(pod)).containers.map(({ attempt }) => attempt)).toEqual([1, 0]);
    });

    it('answers undefined for an image it does not have, and refuses a name that is none', async () => {
      expect(await runtime.image('quorate.invalid/absent:1')).toBeUndefined();
      await expect(runtime.pullImage('Not A Name', never)).rejects.toThrow(/invalid reference/);
      await expect(runtime.pullImage('quorate.invalid/absent:1', never)).rejects.toThrow();
    });

    it('refuses to create a container of an image it does not have', async () => {
      const pod = newPod();
      const sandbox = await runtime.createSandbox(sandboxOf(pod));
      const spec = containerOf(pod, 'quorate.invalid/absent:1', []);
      await expect(runtime.createContainer(sandbox.id, spec)).rejects.toMatchObject({ name: 'ImageError' });
    });

    it('finds its pods again after a restart, and shows them to no other node', async () => {
      const pod = newPod();
      const { id } = await start(pod, ['sleep', '1000']);
      const again = await subject.open(cluster, 'node1');
      const neighbour = await subject.open(cluster, 'node2');
      try {
        expect((await again.pod(pod)).containers[0]).toMatchObject({ id, state: 'running' });
        expect((await again.pods()).map(({ uid }) => uid)).toContain(pod.uid);
        expect((await neighbour.pods()).map(({ uid }) => uid)).not.toContain(pod.uid);
        expect((await neighbour.pod(pod)).containers).toEqual([]);
      } finally {
        await again.close();
        await neighbour.close();
      }
    });
  });
}
