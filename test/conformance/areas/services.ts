// Services and where they lead. Network behaviours 188, 189 and 210 to 215.
import type { V1EndpointSlice, V1Endpoints, V1Service } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { eventually } from '../../e2e/support/command.ts';
import { behaviour, type Scene } from '../behaviour.ts';
import { CONTAINER, core, goneFrom, LABELS, patch, pod, update } from '../objects.ts';

const slicesOf = (namespace: string, service: string): string =>
  `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D${service}`;

interface Slices {
  readonly items: readonly V1EndpointSlice[];
}

/** host:port of every endpoint, by both kinds of objects. */
async function endpointsOf({ raw }: Scene, namespace: string, service: string): Promise<readonly [string[], string[]]> {
  const endpoints = await raw.send('GET', `${core(namespace, 'endpoints')}/${service}`);
  const subsets = endpoints.status === 200 ? ((endpoints.body as unknown as V1Endpoints).subsets ?? []) : [];
  const old = subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => ports.map(({ port }) => `${ip}:${port}`)),
  );
  const { items } = await raw.ok<Slices>('GET', slicesOf(namespace, service));
  const sliced = items.flatMap(({ endpoints: list = [], ports = [] }) =>
    list.flatMap(({ addresses }) => addresses.flatMap((ip) => ports.map(({ port }) => `${ip}:${port}`))),
  );
  return [old.sort(), sliced.sort()];
}

behaviour('CB-188', async (scene) => {
  const { raw, namespace } = scene;
  const services = core(namespace, 'services');
  const spec = { selector: LABELS, ports: [{ port: 80, targetPort: 8080 }] };
  await raw.ok('POST', services, { body: { metadata: { name: 'web' }, spec } });
  const containers = [{ ...CONTAINER, ports: [{ containerPort: 8080 }] }];
  for (const name of ['a', 'b'])
    await raw.ok('POST', core(namespace, 'pods'), { body: pod(name, { containers }, { labels: LABELS }) });
  const [old, sliced] = await eventually('two endpoints of both kinds', async () => {
    const found = await endpointsOf(scene, namespace, 'web');
    return found.every((list) => list.length === 2) ? found : undefined;
  });
  expect(sliced).toEqual(old);
  expect(old.every((each) => each.endsWith(':8080'))).toBe(true);
  await raw.ok('DELETE', `${services}/web`);
  await goneFrom(scene, `${core(namespace, 'endpoints')}/web`);
  await eventually('the slices to go', async () =>
    (await raw.ok<Slices>('GET', slicesOf(namespace, 'web'))).items.length === 0 ? true : undefined,
  );
});

behaviour('CB-189', async (scene) => {
  const ports = scene.servers.map((url) => new URL(url).port).sort();
  const portsOf = (list: readonly string[]): string[] =>
    list.map((each) => each.slice(each.lastIndexOf(':') + 1)).sort();
  await eventually('every API server to be listed', async () => {
    const [old, sliced] = await endpointsOf(scene, 'default', 'kubernetes');
    return `${portsOf(old).join()} ${portsOf(sliced).join()}` === `${ports.join()} ${ports.join()}` ? true : undefined;
  });
});

behaviour('CB-210', async (scene) => {
  const path = `${core(scene.namespace, 'services')}/web`;
  const spec = { type: 'LoadBalancer', ports: [{ port: 80 }] };
  await scene.raw.ok('POST', core(scene.namespace, 'services'), { body: { metadata: { name: 'web' }, spec } });
  await scene.raw.ok<V1Service>('GET', `${path}/status`);
  const loadBalancer = { ingress: [{ ip: '203.0.113.1' }] };
  const patched = await patch<V1Service>(scene, `${path}/status`, {
    metadata: { annotations: { 'patched-status': 'yes' } },
    status: { loadBalancer },
  });
  expect(patched.status?.loadBalancer?.ingress).toMatchObject(loadBalancer.ingress);
  const condition = {
    type: 'Shown',
    status: 'True',
    reason: 'Test',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const updated = await update<{ status?: object }>(scene, `${path}/status`, (service) => {
    service.status = { ...service.status, conditions: [condition] };
  });
  expect(updated.status).toMatchObject({ conditions: [condition] });
  await patch(scene, path, { metadata: { labels: { patched: 'yes' } } });
  const read = await scene.raw.ok<V1Service>('GET', path);
  expect(read.metadata?.labels).toMatchObject({ patched: 'yes' });
  expect(read.metadata?.annotations).toMatchObject({ 'patched-status': 'yes' });
});

behaviour('CB-211', async (scene) => {
  const path = core(scene.namespace, 'services');
  const body = (name: string, labels: object): object => ({
    metadata: { name, labels },
    spec: { ports: [{ port: 80 }] },
  });
  for (const name of ['a', 'b']) await scene.raw.ok('POST', path, { body: body(name, { doomed: 'yes' }) });
  await scene.raw.ok('POST', path, { body: body('other', {}) });
  await scene.raw.ok('DELETE', `${path}?labelSelector=doomed%3Dyes`);
  expect((await scene.raw.ok('GET', path)).items.map(({ metadata }) => metadata.name)).toEqual(['other']);
});

behaviour('CB-212', async ({ raw }) => {
  const { items } = await raw.ok('GET', '/api/v1/services');
  const found = items.filter(({ metadata }) => metadata.name === 'kubernetes' && metadata.namespace === 'default');
  expect(found).toHaveLength(1);
});

behaviour('CB-215', async ({ raw }) => {
  const { spec } = await raw.ok<V1Service>('GET', `${core('default', 'services')}/kubernetes`);
  expect(spec?.ports).toMatchObject([{ name: 'https', port: 443, protocol: 'TCP' }]);
  expect(spec?.clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
});
