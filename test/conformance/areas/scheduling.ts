// Where pods go, and what is set on their way in: runtime classes, limit ranges, priorities. Node behaviours 283 to 286, scheduling 308 to 315.
import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { eventually } from '../../e2e/support/command.ts';
import { behaviour, behaviourAlone, type Scene } from '../behaviour.ts';
import { CONTAINER, core, patch, pod } from '../objects.ts';

const RUNTIME_CLASSES = '/apis/node.k8s.io/v1/runtimeclasses';
const PRIORITY_CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses';

const read = ({ raw, namespace }: Scene, name: string): Promise<V1Pod> =>
  raw.ok<V1Pod>('GET', `${core(namespace, 'pods')}/${name}`);

function scheduled(scene: Scene, name: string): Promise<string> {
  return eventually(`${name} to be scheduled`, async () => (await read(scene, name)).spec?.nodeName);
}

/** The scheduler has looked at it, and found no place. */
async function unschedulable(scene: Scene, name: string): Promise<void> {
  await eventually(`${name} to be found unschedulable`, async () => {
    const found = (await read(scene, name)).status?.conditions?.find(({ type }) => type === 'PodScheduled');
    return found?.status === 'False' && found.reason === 'Unschedulable' ? true : undefined;
  });
  expect((await read(scene, name)).spec?.nodeName).toBeUndefined();
}

const make = (scene: Scene, name: string, spec: object): Promise<V1Pod> =>
  scene.raw.ok<V1Pod>('POST', core(scene.namespace, 'pods'), { body: pod(name, spec) });

async function refusesRuntimeClass(scene: Scene, runtimeClassName: string): Promise<void> {
  const refused = await scene.raw.send('POST', core(scene.namespace, 'pods'), {
    body: pod('refused', { runtimeClassName }),
  });
  expect(refused.status).toBe(403);
  expect(refused.body.message).toContain(`RuntimeClass "${runtimeClassName}" not found`);
}

behaviour('CB-283', async (scene) => {
  const { raw, unique } = scene;
  await raw.ok('POST', RUNTIME_CLASSES, { body: { metadata: { name: unique }, handler: 'shown' } });
  await make(scene, 'before', { runtimeClassName: unique });
  await raw.ok('DELETE', `${RUNTIME_CLASSES}/${unique}`);
  await refusesRuntimeClass(scene, unique);
});

behaviour('CB-284', (scene) => refusesRuntimeClass(scene, `${scene.unique}-never`));

behaviour('CB-285', async (scene) => {
  const { raw, unique } = scene;
  const podFixed = { cpu: '10m', memory: '1Mi' };
  await raw.ok('POST', RUNTIME_CLASSES, {
    body: { metadata: { name: unique }, handler: 'shown', overhead: { podFixed } },
  });
  const created = await make(scene, 'shown', { runtimeClassName: unique });
  expect(created.spec?.overhead).toEqual(podFixed);
  await scheduled(scene, 'shown');
  await raw.ok('DELETE', `${RUNTIME_CLASSES}/${unique}`);
});

behaviour('CB-286', async (scene) => {
  const { raw, unique } = scene;
  await raw.ok('POST', RUNTIME_CLASSES, { body: { metadata: { name: unique }, handler: 'shown' } });
  const created = await make(scene, 'shown', { runtimeClassName: unique });
  expect(created.spec?.overhead).toBeUndefined();
  await scheduled(scene, 'shown');
  await raw.ok('DELETE', `${RUNTIME_CLASSES}/${unique}`);
});

behaviour('CB-308', async (scene) => {
  const ranges = core(scene.namespace, 'limitranges');
  const amounts = (cpu: string, memory: string): object => ({ cpu, memory });
  const limits = [
    {
      type: 'Container',
      min: amounts('50m', '100Mi'),
      max: amounts('500m', '500Mi'),
      default: amounts('500m', '500Mi'),
      defaultRequest: amounts('100m', '200Mi'),
    },
  ];
  await scene.raw.ok('POST', ranges, { body: { metadata: { name: 'shown' }, spec: { limits } } });
  const filled = await make(scene, 'filled', {});
  expect(filled.spec?.containers[0]?.resources).toEqual({
    limits: amounts('500m', '500Mi'),
    requests: amounts('100m', '200Mi'),
  });
  const sized = (requests: object, limit: object): object => ({
    containers: [{ ...CONTAINER, resources: { requests, limits: limit } }],
  });
  const partly = await make(scene, 'partly', sized(amounts('100m', '150Mi'), {}));
  expect(partly.spec?.containers[0]?.resources?.requests).toEqual(amounts('100m', '150Mi'));
  const refusedWith = async (name: string, spec: object, message: string): Promise<void> => {
    const refused = await scene.raw.send('POST', core(scene.namespace, 'pods'), { body: pod(name, spec) });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain(message);
  };
  await refusedWith(
    'small',
    sized(amounts('10m', '50Mi'), {}),
    'minimum cpu usage per Container is 50m, but request is 10m',
  );
  await refusedWith(
    'large',
    sized(amounts('100m', '100Mi'), amounts('600m', '600Mi')),
    'maximum cpu usage per Container is 500m, but limit is 600m',
  );
  const lowered = [{ ...limits[0], min: amounts('10m', '50Mi') }];
  await patch(scene, `${ranges}/shown`, { spec: { limits: lowered } });
  await eventually('the lower bound to count', async () => {
    const answer = await scene.raw.send('POST', core(scene.namespace, 'pods'), {
      body: pod('small', sized(amounts('10m', '50Mi'), {})),
    });
    return answer.status === 201 ? true : undefined;
  });
  await scene.raw.ok('DELETE', `${ranges}/shown`);
  expect((await scene.raw.send('GET', `${ranges}/shown`)).status).toBe(404);
});

behaviour('CB-310', async (scene) => {
  const containers = [{ ...CONTAINER, resources: { requests: { cpu: '100000' } } }];
  await make(scene, 'huge', { containers });
  await unschedulable(scene, 'huge');
});

behaviour('CB-311', async (scene) => {
  const { items } = await scene.raw.ok('GET', '/api/v1/nodes');
  const node = items.find(({ metadata }) => metadata.name.startsWith('worker-'))?.metadata.name ?? '';
  const label = `conformance/${scene.unique}`;
  await patch(scene, `/api/v1/nodes/${node}`, { metadata: { labels: { [label]: 'here' } } });
  await make(scene, 'shown', { nodeSelector: { [label]: 'here' } });
  expect(await scheduled(scene, 'shown')).toBe(node);
  await patch(scene, `/api/v1/nodes/${node}`, { metadata: { labels: { [label]: null } } });
});

behaviour('CB-312', async (scene) => {
  await make(scene, 'nowhere', { nodeSelector: { [`conformance/${scene.unique}`]: 'nowhere' } });
  await unschedulable(scene, 'nowhere');
});

behaviourAlone('CB-313', async (scene) => {
  const { items } = await scene.raw.ok('GET', '/api/v1/nodes');
  const node = items.find(({ metadata }) => metadata.name.startsWith('worker-'))?.metadata.name ?? '';
  const nodeSelector = { 'kubernetes.io/hostname': node };
  const port = (hostIP: string): object => ({
    nodeSelector,
    containers: [{ ...CONTAINER, ports: [{ containerPort: 80, hostPort: 54_322, protocol: 'TCP', hostIP }] }],
  });
  await make(scene, 'first', port('0.0.0.0'));
  expect(await scheduled(scene, 'first')).toBe(node);
  await make(scene, 'second', port('127.0.0.1'));
  await unschedulable(scene, 'second');
});

behaviour('CB-315', async (scene) => {
  const { raw, unique } = scene;
  const label = { priorities: unique };
  const made = ['a', 'b'].map((suffix, index) => ({ name: `${unique}-${suffix}`, value: index + 1 }));
  for (const { name, value } of made)
    await raw.ok('POST', PRIORITY_CLASSES, { body: { metadata: { name, labels: label }, value } });
  const listed = await raw.ok<{ items: { value: number }[] }>(
    'GET',
    `${PRIORITY_CLASSES}?labelSelector=priorities%3D${unique}`,
  );
  expect(listed.items.map(({ value }) => value)).toEqual([1, 2]);
  for (const { name, value } of made) {
    const refused = await raw.send('PATCH', `${PRIORITY_CLASSES}/${name}`, { body: { value: value * 10 } });
    expect(refused.status).toBe(422);
    expect(refused.body.details?.causes?.[0]?.field).toBe('value');
    const patched = await patch<{ description: string }>(scene, `${PRIORITY_CLASSES}/${name}`, {
      description: 'shown',
    });
    expect(patched.description).toBe('shown');
    const current = await raw.ok<object>('GET', `${PRIORITY_CLASSES}/${name}`);
    const put = await raw.send('PUT', `${PRIORITY_CLASSES}/${name}`, { body: { ...current, description: 'updated' } });
    expect(put.status).toBe(200);
  }
  await raw.ok('DELETE', `${PRIORITY_CLASSES}?labelSelector=priorities%3D${unique}`);
});
