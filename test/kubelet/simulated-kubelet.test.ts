// The whole kubelet with the simulated runtime against a real API server over the memory store.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEASES, NODES, PODS } from '../../src/client/index.ts';
import { type ContainerRuntime, simulatedRuntime } from '../../src/kubelet/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { clock, isReady, podObject, startCluster, type TestCluster } from './support/cluster.ts';

let cluster: TestCluster;
let runtime: ContainerRuntime;
let kubelet: { readonly port: number; stop(): Promise<void> };

const openRuntime = (): Promise<ContainerRuntime> =>
  simulatedRuntime({
    cluster: 'test',
    node: 'node1',
    nodeIndex: 3,
    directory: join(cluster.directory, 'simulated'),
    clock,
    logger: silentLogger,
  });

beforeAll(async () => {
  cluster = await startCluster();
  runtime = await openRuntime();
  kubelet = await cluster.kubelet(runtime);
});

afterAll(async () => {
  await cluster.stop();
  await runtime.close();
});

describe('a kubelet with simulated pods', () => {
  it('registers its node with labels, capacity, address, port and a lease', async () => {
    const node = await cluster.client.get(NODES, { namespace: '', name: 'node1' });
    expect(node.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node1', 'kubernetes.io/os': 'linux' });
    expect(node.status?.capacity?.['pods']).toBe('110');
    expect(node.status?.addresses).toContainEqual({ type: 'InternalIP', address: '127.0.0.1' });
    expect(node.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(kubelet.port);
    expect(node.status?.nodeInfo?.containerRuntimeVersion).toMatch(/^simulated:\/\//);
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    const lease = await cluster.client.get(LEASES, { namespace: 'kube-node-lease', name: 'node1' });
    expect(lease.spec?.holderIdentity).toBe('node1');
  });

  it('runs a pod until it is ready, shows its log, and leaves nothing after the delete', async () => {
    await cluster.client.create(PODS, podObject('web', { containers: [{ name: 'web', image: 'nginx:1.27' }] }));
    const pod = await cluster.podWhen('web', isReady);
    expect(pod.status?.phase).toBe('Running');
    expect(pod.status?.podIP).toMatch(/^10\.244\.3\.\d+$/);
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({ ready: true, started: true, restartCount: 0 });
    expect(await cluster.logs('web')).toContain('virtual');
    await cluster.client.delete(PODS, { namespace: 'default', name: 'web' });
    await cluster.gone('web');
    expect((await runtime.pods()).map(({ name }) => name)).not.toContain('web');
  });

  it('ends a pod that never restarts as Succeeded or Failed by its exit code', async () => {
    const run = (name: string, command: string[]) =>
      cluster.client.create(
        PODS,
        podObject(name, { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1.35', command }] }),
      );
    await run('good', ['sh', '-c', 'echo hello; exit 0']);
    await run('bad', ['sh', '-c', 'exit 3']);
    const good = await cluster.podWhen('good', ({ status }) => status?.phase === 'Succeeded');
    expect(good.status?.containerStatuses?.[0]?.state?.terminated?.reason).toBe('Completed');
    const bad = await cluster.podWhen('bad', ({ status }) => status?.phase === 'Failed');
    expect(bad.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(await cluster.logs('good')).toContain('hello');
  });

  it('backs off from a container that crashes again and again', async () => {
    const containers = [{ name: 'main', image: 'busybox:1.35', command: ['false'] }];
    await cluster.client.create(PODS, podObject('crash', { containers }));
    const pod = await cluster.podWhen('crash', ({ status }) => {
      return status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff';
    });
    expect(pod.status?.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(1);
    expect(pod.status?.phase).toBe('Running');
    expect(await cluster.logs('crash', 'previous=true')).toContain('virtual');
  });

  it('runs init containers in order before the others', async () => {
    const containers = [{ name: 'main', image: 'busybox:1.35' }];
    const initContainers = [
      { name: 'first', image: 'busybox:1.35', command: ['sh', '-c', 'echo one'] },
      { name: 'second', image: 'busybox:1.35', command: ['sh', '-c', 'echo two'] },
    ];
    await cluster.client.create(PODS, podObject('inits', { initContainers, containers }));
    const pod = await cluster.podWhen('inits', isReady);
    expect(pod.status?.initContainerStatuses?.map(({ state }) => state?.terminated?.reason)).toEqual([
      'Completed',
      'Completed',
    ]);
  });

  it('says why an image cannot be pulled, and backs off', async () => {
    const containers = [{ name: 'main', image: 'registry.invalid/nothing:1' }];
    await cluster.client.create(PODS, podObject('unpullable', { containers }));
    const reason = (wanted: string) =>
      cluster.podWhen('unpullable', ({ status }) => {
        return status?.containerStatuses?.[0]?.state?.waiting?.reason === wanted;
      });
    await reason('ErrImagePull');
    const pod = await reason('ImagePullBackOff');
    expect(pod.status?.phase).toBe('Pending');
    const events = await cluster.events('unpullable');
    expect(events.some((event) => event.startsWith('Failed: Failed to pull image'))).toBe(true);
    await cluster.client.delete(PODS, { namespace: 'default', name: 'unpullable' });
    await cluster.gone('unpullable');
  });

  it('waits for a ConfigMap that is missing, and says which', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'absent', key: 'a' } } }];
    await cluster.client.create(
      PODS,
      podObject('config', { containers: [{ name: 'main', image: 'busybox:1.35', env }] }),
    );
    const pod = await cluster.podWhen('config', ({ status }) => {
      return status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError';
    });
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('configmap "absent" not found');
  });

  it('fails a pod that is longer active than it may be', async () => {
    const spec = { activeDeadlineSeconds: 1, containers: [{ name: 'main', image: 'busybox:1.35' }] };
    await cluster.client.create(PODS, podObject('deadline', spec));
    const pod = await cluster.podWhen('deadline', ({ status }) => status?.phase === 'Failed');
    expect(pod.status?.reason).toBe('DeadlineExceeded');
  });

  it('finds its pods again after a restart, without restarting their containers', async () => {
    await cluster.client.create(PODS, podObject('survivor', { containers: [{ name: 'main', image: 'busybox:1.35' }] }));
    const before = await cluster.podWhen('survivor', isReady);
    await kubelet.stop();
    await runtime.close();
    runtime = await openRuntime();
    kubelet = await cluster.kubelet(runtime);
    const after = await cluster.podWhen('survivor', isReady);
    expect(after.status?.containerStatuses?.[0]?.containerID).toBe(before.status?.containerStatuses?.[0]?.containerID);
    expect(after.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('ends a pod whose object was deleted while it was away', async () => {
    await cluster.client.create(PODS, podObject('orphan', { containers: [{ name: 'main', image: 'busybox:1.35' }] }));
    await cluster.podWhen('orphan', isReady);
    await kubelet.stop();
    await cluster.client.delete(PODS, { namespace: 'default', name: 'orphan' }, { gracePeriodSeconds: 0 });
    await cluster.gone('orphan');
    kubelet = await cluster.kubelet(runtime);
    await expect
      .poll(async () => (await runtime.pods()).some(({ name }) => name === 'orphan'), { timeout: 10_000 })
      .toBe(false);
  });
});
