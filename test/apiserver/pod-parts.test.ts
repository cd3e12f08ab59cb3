// The subresources of pods that change a part of the spec, as clients reach them: ephemeralcontainers and resize.
import { beforeEach, expect, it } from 'vitest';
import { PODS, pod, type TestApi, testApi } from './harness.ts';

let api: TestApi;
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

beforeEach(async () => {
  api = await testApi();
  const resources = { requests: { cpu: '1' }, limits: { cpu: '2' } };
  await api.call('POST', PODS, pod('p', { containers: [{ name: 'c', image: 'busybox:1.35', resources }] }));
});

it('a container to look into a pod is added by a patch, as kubectl debug does, and stays', async () => {
  const look = { name: 'look', image: 'busybox:1.35', targetContainerName: 'c' };
  const patch = { spec: { ephemeralContainers: [look], hostname: 'ignored' } };
  const patched = await api.call('PATCH', `${PODS}/p/ephemeralcontainers`, patch, STRATEGIC);
  expect(patched.status).toBe(200);
  expect(patched.body.spec.ephemeralContainers).toEqual([expect.objectContaining(look)]);
  expect(patched.body.spec.hostname).toBeUndefined();
  expect(patched.body.metadata.generation).toBe(2);
  expect((await api.call('GET', `${PODS}/p/ephemeralcontainers`)).text).toBe(patched.text);
  const without = { ...patched.body, spec: { ...patched.body.spec, ephemeralContainers: [] } };
  const removed = await api.call('PUT', `${PODS}/p/ephemeralcontainers`, without);
  expect(removed.body).toMatchObject({ code: 422, reason: 'Invalid' });
});

it('a pod is resized by a patch to its resources, and a full update of a version that is gone is refused', async () => {
  const { body: before } = await api.call('GET', `${PODS}/p/resize`);
  const patch = { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '3' } } }] } };
  const patched = await api.call('PATCH', `${PODS}/p/resize`, patch, STRATEGIC);
  expect(patched.body.spec.containers[0].resources).toEqual({ requests: { cpu: '1' }, limits: { cpu: '3' } });
  expect((await api.call('PUT', `${PODS}/p/resize`, before)).body).toMatchObject({ code: 409, reason: 'Conflict' });
  const wrong = { spec: { containers: [{ name: 'c', resources: { limits: { 'example.com/gpu': '1' } } }] } };
  const refused = await api.call('PATCH', `${PODS}/p/resize`, wrong, STRATEGIC);
  expect(refused.body.message).toContain('only cpu and memory resources are mutable');
});

it('neither is there for a pod that is not, nor by another verb', async () => {
  expect((await api.call('PATCH', `${PODS}/none/resize`, {}, STRATEGIC)).status).toBe(404);
  expect((await api.call('DELETE', `${PODS}/p/resize`)).status).toBe(405);
});
