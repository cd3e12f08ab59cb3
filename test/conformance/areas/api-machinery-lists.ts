// Lists in chunks and the forms that a list may be asked in: api-machinery behaviours 081 to 083.
import { expect } from 'vitest';
import { behaviour, type Scene } from '../behaviour.ts';
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

behaviour('CB-082', async (scene) => {
  const { raw } = scene;
  const path = await configMaps(scene, OBJECTS);
  const first = await raw.ok('GET', `${path}?limit=${CHUNK}`);
  // A token of a revision that is kept no longer: what time does to it, done by hand. Its form is the server's own, so it is
  // asked for what the real one would say of an old revision.
  const old = aged(first.metadata.continue ?? '');
  const expired = await raw.send('GET', `${path}?limit=${CHUNK}&continue=${encodeURIComponent(old)}`);
  expect(expired.status).toBe(410);
  expect(expired.body).toMatchObject({ kind: 'Status', reason: 'Expired', code: 410 });
  const fresh = expired.body.metadata.continue ?? '';
  expect(fresh).not.toBe('');
  const second = await raw.ok('GET', `${path}?limit=${OBJECTS * 2}&continue=${encodeURIComponent(fresh)}`);
  const whole = await raw.ok('GET', path);
  expect(names(second)).toEqual(names(whole).slice(CHUNK));
  expect(Number(second.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(first.metadata.resourceVersion));
});

/** Kubernetes' continue tokens are base64url of JSON with the list's revision as `rv`; clients treat them as opaque. */
function aged(token: string): string {
  const plain = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as { rv: number };
  return Buffer.from(JSON.stringify({ ...plain, rv: 1 })).toString('base64url');
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
