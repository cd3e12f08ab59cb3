// Lists in chunks and the forms that a list may be asked in: api-machinery behaviours 081 to 083.
import { expect } from 'vitest';
import { eventually } from '../../e2e/support/command.ts';
import { behaviour, behaviourAlone, type Scene } from '../behaviour.ts';
import { HISTORY_LIMIT_BYTES } from '../conformance-cluster.ts';
import type { Body } from '../raw-client.ts';

const OBJECTS = 17;
const CHUNK = 4;

/** Creates that many config maps; answers the collection's path. */
async function configMaps({ raw, namespace }: Scene, count: number): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  for (let i = 0; i < count; i++)
    await raw.ok('POST', path, { body: { metadata: { name: `item-${String(i).padStart(2, '0')}` } } });
  return path;
}

const names = (list: Body): readonly string[] => list.items.map((item) => item.metadata.name);

behaviour('CB-081', async (scene) => {
  const { raw } = scene;
  const path = await configMaps(scene, OBJECTS);
  const whole = await raw.ok('GET', path);
  const seen: string[] = [];
  const versions = new Set<string>();
  let next = '';
  do {
    const page = await raw.ok('GET', `${path}?limit=${CHUNK}&continue=${encodeURIComponent(next)}`);
    seen.push(...names(page));
    versions.add(page.metadata.resourceVersion);
    next = page.metadata.continue ?? '';
    const rest = whole.items.length - seen.length;
    if (next !== '') expect(page.items).toHaveLength(CHUNK);
    expect(page.metadata.remainingItemCount ?? 0).toBe(rest);
    expect(next === '').toBe(rest === 0);
  } while (next !== '');
  expect(seen).toEqual(names(whole));
  expect(seen.length).toBeGreaterThanOrEqual(OBJECTS);
  expect(versions.size).toBe(1);
});

behaviourAlone('CB-082', async (scene) => {
  const { raw } = scene;
  const path = await configMaps(scene, OBJECTS);
  const first = await raw.ok('GET', `${path}?limit=${CHUNK}`);
  await outliveHistory(scene);
  const token = encodeURIComponent(first.metadata.continue ?? '');
  // Compaction follows the writes by itself.
  const expired = await eventually('the token to expire', async () => {
    const answer = await raw.send('GET', `${path}?limit=${CHUNK}&continue=${token}`);
    return answer.status === 200 ? undefined : answer;
  });
  expect(expired.status).toBe(410);
  expect(expired.body).toMatchObject({ kind: 'Status', reason: 'Expired', code: 410 });
  const fresh = expired.body.metadata.continue ?? '';
  expect(fresh).not.toBe('');
  const rest = await raw.ok('GET', `${path}?limit=${OBJECTS * 2}&continue=${encodeURIComponent(fresh)}`);
  const whole = await raw.ok('GET', path);
  expect(names(rest)).toEqual(names(whole).slice(CHUNK));
  expect(Number(rest.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
});

/** Writes more than the past that is kept. */
async function outliveHistory({ raw, namespace }: Scene): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const payload = 'x'.repeat(1_000_000);
  await raw.ok('POST', path, { body: { metadata: { name: 'large' }, stringData: { payload } } });
  for (let written = 0; written < 2 * HISTORY_LIMIT_BYTES; written += payload.length)
    await raw.ok('PATCH', `${path}/large`, { body: { stringData: { payload: `${payload}${written}` } } });
}

behaviour('CB-083', async ({ raw, namespace }) => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const review = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace, verb: 'list', resource: 'pods' } },
  };
  const refused = await raw.send('POST', review, { body, accept: table });
  expect(refused.status).toBe(406);
  expect(refused.body).toMatchObject({ kind: 'Status', reason: 'NotAcceptable', code: 406 });
  const plain = await raw.send('POST', review, { body });
  expect(plain.status).toBe(201);
  // Where it can be produced it is.
  const pods = await raw.ok('GET', `/api/v1/namespaces/${namespace}/pods`, { accept: table });
  expect(pods.kind).toBe('Table');
});
