// The whole kubelet with real containers against a real API server over the memory store. Skipped, saying so, where no
// Docker answers.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, PODS, SECRETS } from '../../src/client/index.ts';
import { type ContainerRuntime, dockerRuntime } from '../../src/kubelet/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { BUSYBOX_IMAGE, ensureBusyboxImage } from '../support/busybox-image.ts';
import { clock, isReady, podObject, startCluster, type TestCluster, until } from './support/cluster.ts';

const problem = await ensureBusyboxImage();
if (problem !== undefined) process.stdout.write(`Docker tests are skipped: ${problem}\n`);

const clusterId = `kubelet-${process.pid}`;
const shell = (script: string) => ({ name: 'main', image: BUSYBOX_IMAGE, command: ['sh', '-c', script] });
const inDocker = (pod: string): string[] =>
  execFileSync(
    'docker',
    [
      'ps',
      '-a',
      '--filter',
      `label=io.quorate.cluster=${clusterId}`,
      '--filter',
      `label=io.quorate.pod.name=${pod}`,
      '--format',
      '{{.Names}}',
    ],
    { encoding: 'utf8' },
  )
    .split('\n')
    .filter((line) => line !== '');

describe.skipIf(problem !== undefined)('a kubelet with Docker', () => {
  let cluster: TestCluster;
  let runtime: ContainerRuntime;
  let kubelet: { readonly port: number; stop(): Promise<void> };
  const openRuntime = () => dockerRuntime({ cluster: clusterId, node: 'node1', clock, logger: silentLogger });
  const create = (name: string, spec: Parameters<typeof podObject>[1]) =>
    cluster.client.create(PODS, podObject(name, spec));
  const remove = async (name: string, gracePeriodSeconds?: number): Promise<void> => {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await cluster.client.delete(PODS, { namespace: 'default', name }, options);
    await cluster.gone(name);
    await until(async () => inDocker(name).length === 0, `Docker still has containers of ${name}`);
  };

  beforeAll(async () => {
    cluster = await startCluster();
    runtime = await openRuntime();
    kubelet = await cluster.kubelet(runtime);
  });

  afterAll(async () => {
    await cluster.stop();
    for (const pod of await runtime.pods()) {
      const { containers, sandboxes } = await runtime.pod(pod);
      for (const { id } of containers) await runtime.removeContainer(id);
      for (const { id } of sandboxes) await runtime.removeSandbox(id);
    }
    await runtime.close();
  });

  it('serves from a pod whose readiness is asked over HTTP, and leaves nothing after the delete', async () => {
    await create('web', {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'web',
          image: BUSYBOX_IMAGE,
          command: ['sh', '-c', 'mkdir /tmp/www && echo served > /tmp/www/index.html && httpd -f -p 80 -h /tmp/www'],
          ports: [{ name: 'http', containerPort: 80 }],
          readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
          livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
        },
      ],
    });
    const pod = await cluster.podWhen('web', isReady);
    expect(await (await fetch(`http://${pod.status?.podIP}/`)).text()).toBe('served\n');
    expect(pod.status?.containerStatuses?.[0]?.containerID).toMatch(/^docker:\/\/[0-9a-f]{64}$/);
    expect(inDocker('web')).toHaveLength(2);
    await remove('web');
  });

  it('gives a container its environment, volumes and token, and keeps its last words', async () => {
    const { client } = cluster;
    const metadata = (name: string) => ({ namespace: 'default', name });
    await client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('settings'),
      data: { colour: 'blue' },
    });
    await client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('password'),
      stringData: { word: 'open sesame' },
    });
    const script = [
      'echo $COLOUR-$NAME-$GREETING-$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT',
      'cat /settings/colour; echo; cat /word; echo; cat /info/labels; echo',
      'test -s /var/run/secrets/kubernetes.io/serviceaccount/token && echo token',
      'cat /var/run/secrets/kubernetes.io/serviceaccount/ca.crt; echo',
      'echo kept > /scratch/file; cat /part/file; echo goodbye > /dev/termination-log',
    ].join('; ');
    await create('full', {
      restartPolicy: 'Never',
      containers: [
        {
          ...shell(script),
          env: [
            { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'GREETING', value: 'hello $(NAME) $$(NAME)' },
          ],
          volumeMounts: [
            { name: 'settings', mountPath: '/settings' },
            { name: 'password', mountPath: '/word', subPath: 'word' },
            { name: 'info', mountPath: '/info' },
            { name: 'scratch', mountPath: '/scratch', subPath: 'inner' },
            { name: 'scratch', mountPath: '/part', subPath: 'inner' },
          ],
        },
      ],
      volumes: [
        { name: 'settings', configMap: { name: 'settings' } },
        { name: 'password', secret: { secretName: 'password' } },
        { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.name' } }] } },
        { name: 'scratch', emptyDir: {} },
      ],
    });
    const pod = await cluster.podWhen('full', ({ status }) => status?.phase === 'Succeeded');
    expect(await cluster.logs('full')).toBe(
      'blue-full-hello full $(NAME)-172.17.0.1:6443\nblue\nopen sesame\nfull\ntoken\ntest CA\nkept\n',
    );
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.message).toBe('goodbye\n');
    await remove('full');
  });

  it('knows its full name when the pod has a subdomain', async () => {
    await create('named', {
      restartPolicy: 'Never',
      hostname: 'alice',
      subdomain: 'team',
      containers: [shell('hostname; hostname -f; hostname -i | grep -q . && echo address')],
    });
    await cluster.podWhen('named', ({ status }) => status?.phase === 'Succeeded');
    expect(await cluster.logs('named')).toBe('alice\nalice.team.default.svc.cluster.local\naddress\n');
    await remove('named');
  });

  it('restarts a container whose liveness probe fails', async () => {
    await create('sick', {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          ...shell('sleep 1000'),
          livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 },
        },
      ],
    });
    const pod = await cluster.podWhen('sick', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(137);
    const events = await cluster.events('sick');
    expect(events.some((event) => event.startsWith('Unhealthy: Liveness probe failed'))).toBe(true);
    expect(events).toContain('Killing: Container main failed liveness probe, will be restarted');
    await remove('sick', 0);
  });

  it('runs the preStop hook before the stop signal, within the grace', async () => {
    const container = {
      ...shell('trap "cat /shared/hook > /dev/termination-log; exit 0" TERM; while true; do sleep 0.1; done'),
      lifecycle: { preStop: { exec: { command: ['sh', '-c', 'echo hooked > /shared/hook'] } } },
      volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
    };
    const seen: string[] = [];
    await create('polite', { containers: [container], volumes: [{ name: 'shared', emptyDir: {} }] });
    await cluster.podWhen('polite', isReady);
    await cluster.client.delete(PODS, { namespace: 'default', name: 'polite' }, { gracePeriodSeconds: 20 });
    await until(async () => {
      const pod = await cluster.pod('polite');
      const message = pod?.status?.containerStatuses?.[0]?.state?.terminated?.message;
      if (message !== undefined) seen.push(message);
      return pod === undefined || message !== undefined;
    }, 'the pod does not end');
    await cluster.gone('polite');
    expect(inDocker('polite')).toEqual([]);
    expect(await cluster.events('polite')).toContain('Killing: Stopping container main');
    expect(seen.every((message) => message === 'hooked\n')).toBe(true);
  });

  it('keeps a sidecar beside the others and ends it after them', async () => {
    await create('pair', {
      restartPolicy: 'Never',
      initContainers: [
        { ...shell('trap "exit 0" TERM; while true; do sleep 0.1; done'), name: 'side', restartPolicy: 'Always' },
      ],
      containers: [shell('sleep 1; exit 0')],
    });
    await cluster.podWhen('pair', isReady);
    const pod = await cluster.podWhen('pair', ({ status }) => status?.phase === 'Succeeded');
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0);
    await until(async () => {
      const { containers } = await runtime.pod({ uid: pod.metadata.uid, namespace: 'default', name: 'pair' });
      return containers.every(({ state }) => state === 'exited');
    }, 'the sidecar does not end');
    await remove('pair');
  });

  it('adopts running containers after a restart, and follows their logs', async () => {
    await create('survivor', { terminationGracePeriodSeconds: 0, containers: [shell('echo alive; sleep 1000')] });
    const before = await cluster.podWhen('survivor', isReady);
    await kubelet.stop();
    await runtime.close();
    expect(inDocker('survivor')).toHaveLength(2);
    runtime = await openRuntime();
    kubelet = await cluster.kubelet(runtime);
    const after = await cluster.podWhen('survivor', isReady);
    expect(after.status?.containerStatuses?.[0]?.containerID).toBe(before.status?.containerStatuses?.[0]?.containerID);
    expect(await cluster.logs('survivor', 'tailLines=1')).toBe('alive\n');
    await remove('survivor');
  });

  it('makes a new sandbox when the old one was killed, and starts the containers anew', async () => {
    await create('robbed', { terminationGracePeriodSeconds: 0, containers: [shell('sleep 1000')] });
    const before = await cluster.podWhen('robbed', isReady);
    const identity = { uid: before.metadata.uid, namespace: 'default', name: 'robbed' };
    const [sandbox] = (await runtime.pod(identity)).sandboxes;
    execFileSync('docker', ['kill', sandbox?.id ?? '']);
    const after = await cluster.podWhen('robbed', (pod) => {
      const status = pod.status?.containerStatuses?.[0];
      return isReady(pod) && status?.containerID !== before.status?.containerStatuses?.[0]?.containerID;
    });
    expect(after.status?.containerStatuses?.[0]?.restartCount).toBe(1);
    await remove('robbed');
  });

  it('fails under Always where no registry can be reached, and says how to use the image that is there', async () => {
    await create('stubborn', { containers: [{ ...shell('sleep 1000'), imagePullPolicy: 'Always' }] });
    const pod = await cluster.podWhen('stubborn', ({ status }) => {
      return status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull';
    });
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('set imagePullPolicy: IfNotPresent');
    await remove('stubborn');
  });
});
