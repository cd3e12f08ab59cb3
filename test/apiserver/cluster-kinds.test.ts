// The kinds of networking, access, certificates, admission registration and devices over a listening server: each through all
// its verbs; approval; component statuses; reviews within a namespace; and what says that it is deprecated.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiRegistry } from '../../src/api/index.ts';
import { WATCH_PAUSE_MAX_MS } from '../../src/apiserver/limits.ts';
import { defined } from '../../src/lib/index.ts';
import { certificateRequest } from '../support/certificate-request.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { selfSigned } from '../support/self-signed.ts';
import { type Sample, samples } from './cluster-kinds.samples.ts';
import { testApi } from './harness.ts';
import { type ListeningServer, startListening } from './listening.ts';

interface Answered {
  readonly status: number;
  readonly warning: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every kind
  readonly body: any;
}

let server: ListeningServer;
let url: string;
let clock: ManualClock;
let all: readonly Sample[];
let request: string;

beforeAll(async () => {
  request = Buffer.from(await certificateRequest('ECDSA')).toString('base64');
  all = samples(request);
  clock = manualClock();
  server = await startListening({ clock });
  ({ url } = server);
});
afterAll(() => server.stop());

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // Watchers are written to in rounds: the next one is due.
  clock.advance(WATCH_PAUSE_MAX_MS);
  return { status: response.status, warning: response.headers.get('warning'), body: await response.json() };
}

interface Event {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> } };
}

/** The events of a watch, one after another. */
async function watch(
  path: string,
): Promise<{ readonly warning: string | null; next(): Promise<Event>; close(): Promise<void> }> {
  const response = await fetch(`${url}${path}`);
  const reader = defined(response.body ?? undefined, 'the body of a watch').getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    warning: response.headers.get('warning'),
    async next() {
      for (;;) {
        const end = text.indexOf('\n');
        if (end !== -1) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          return JSON.parse(line) as Event;
        }
        const { value, done } = await reader.read();
        if (done) throw new Error('the watch has ended');
        text += decoder.decode(value, { stream: true });
      }
    },
    close: () => reader.cancel(),
  };
}

function collection({ group, plural, namespaced }: Sample): string {
  return `/apis/${group}/v1${namespaced ? '/namespaces/default' : ''}/${plural}`;
}

function objectOf({ group, plural, body }: Sample, name: string): object {
  const kind = createApiRegistry().find(group, 'v1', plural)?.kind;
  return { kind, apiVersion: `${group}/v1`, metadata: { name, labels: { walk: 'yes' } }, ...body };
}

const annotated = (object: object, value: string): object => ({
  ...object,
  metadata: { annotations: { walk: value } },
});

async function walk(sample: Sample): Promise<void> {
  const path = collection(sample);
  const [first, second, third] = sample.names ?? ['first', 'second', 'third'];
  const at = `${path}/${encodeURIComponent(first)}`;
  const created = await call('POST', path, objectOf(sample, first));
  expect(created).toMatchObject({ status: 201, warning: null, body: { metadata: { name: first } } });
  expect((await call('GET', at)).body).toEqual(created.body);
  const list = (await call('GET', `${path}?labelSelector=walk%3Dyes`)).body;
  expect(list.items).toHaveLength(1);
  const stream = await watch(`${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}&labelSelector=walk`);

  expect(await call('PATCH', at, annotated({}, 'patched'))).toMatchObject({ status: 200 });
  expect(await stream.next()).toMatchObject({
    type: 'MODIFIED',
    object: { metadata: { annotations: { walk: 'patched' } } },
  });
  const current = (await call('GET', at)).body;
  const put = await call('PUT', at, { ...current, metadata: { ...current.metadata, annotations: { walk: 'put' } } });
  expect(put.status).toBe(200);
  expect(await stream.next()).toMatchObject({
    type: 'MODIFIED',
    object: { metadata: { annotations: { walk: 'put' } } },
  });
  const stale = await call('PUT', at, current);
  expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });

  if (sample.status !== undefined) {
    expect((await call('GET', `${at}/status`)).body).toEqual(put.body);
    const patched = await call('PATCH', `${at}/status`, annotated({ status: sample.status }, 'status'));
    expect(patched.body).toMatchObject({ status: sample.status, metadata: { annotations: { walk: 'status' } } });
    expect(await stream.next()).toMatchObject({ type: 'MODIFIED', object: { status: sample.status } });
    const again = await call('PUT', `${at}/status`, { ...patched.body, spec: undefined });
    expect(again.body).toEqual(patched.body);
    const whole = await call('PUT', at, { ...patched.body, status: {} });
    expect(whole.body.status).toEqual(patched.body.status);
  }

  expect((await call('DELETE', at)).status).toBe(200);
  expect(await stream.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: first } } });
  await stream.close();
  expect((await call('GET', at)).body).toMatchObject({ code: 404, reason: 'NotFound' });
  for (const name of [second, third]) expect((await call('POST', path, objectOf(sample, name))).status).toBe(201);
  expect((await call('DELETE', `${path}?labelSelector=walk%3Dno`)).status).toBe(200);
  expect((await call('GET', `${path}?labelSelector=walk`)).body.items).toHaveLength(2);
  expect((await call('DELETE', `${path}?labelSelector=walk%3Dyes`)).status).toBe(200);
  expect((await call('GET', `${path}?labelSelector=walk`)).body.items).toEqual([]);
}

describe('each kind', () => {
  it.each(samples('').map(({ plural }) => plural))('of %s is discovered and takes every verb', async (plural) => {
    const sample = defined(
      all.find((one) => one.plural === plural),
      plural,
    );
    const { resources } = (await call('GET', `/apis/${sample.group}/v1`)).body;
    const found = resources.find(({ name }: { name: string }) => name === plural);
    expect(found.verbs).toEqual(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']);
    expect(found).toMatchObject({ namespaced: sample.namespaced, singularName: found.kind.toLowerCase() });
    const hasStatus = resources.some(({ name }: { name: string }) => name === `${plural}/status`);
    expect(hasStatus).toBe(sample.status !== undefined);
    await walk(sample);
  });

  it.each([
    ['networking.k8s.io', { ingresses: ['ing'], networkpolicies: ['netpol'], ipaddresses: ['ip'] }, 'shortNames'],
    ['certificates.k8s.io', { certificatesigningrequests: ['csr'] }, 'shortNames'],
    ['admissionregistration.k8s.io', { validatingadmissionpolicies: ['api-extensions'] }, 'categories'],
  ] as const)('of %s has the %j that kubectl users know', async (group, wanted, field) => {
    const { resources } = (await call('GET', `/apis/${group}/v1`)).body;
    for (const [plural, names] of Object.entries(wanted))
      expect(resources.find(({ name }: { name: string }) => name === plural)[field]).toEqual(names);
  });
});

describe('a certificate signing request', () => {
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

  it('is approved by the approval subresource, issued by status, and found by its signer', async () => {
    const sample = defined(
      all.find(({ plural }) => plural === 'certificatesigningrequests'),
      'requests',
    );
    const created = (await call('POST', path, objectOf(sample, 'jane'))).body;
    expect(created.spec).toMatchObject({
      username: 'system:unsecured',
      groups: ['system:masters', 'system:authenticated'],
    });
    const approved = { type: 'Approved', status: 'True', reason: 'Test', message: 'yes' };
    const refused = await call('PATCH', `${path}/jane/status`, { status: { conditions: [approved] } });
    expect(refused.body.message).toContain('updates may not add a condition of type "Approved"');
    const answer = await call('PUT', `${path}/jane/approval`, { ...created, status: { conditions: [approved] } });
    expect(answer.body.status.conditions).toMatchObject([approved]);
    expect(answer.body.status.conditions[0].lastTransitionTime).toBeDefined();
    expect((await call('GET', `${path}/jane/approval`)).body).toEqual(answer.body);
    const denied = { ...approved, type: 'Denied' };
    const both = await call('PATCH', `${path}/jane/approval`, { status: { conditions: [approved, denied] } });
    expect(both.body).toMatchObject({ code: 422, reason: 'Invalid' });
    const certificate = Buffer.from((await selfSigned()).cert).toString('base64');
    const issued = await call('PATCH', `${path}/jane/status`, { status: { certificate } });
    expect(issued.body.status).toMatchObject({ certificate, conditions: [approved] });
    const found = await call('GET', `${path}?fieldSelector=spec.signerName%3Dexample.com/people`);
    expect(found.body.items).toHaveLength(1);
    expect((await call('GET', `${path}?fieldSelector=spec.signerName%3Dx`)).body.items).toEqual([]);
    await call('DELETE', `${path}/jane`);
  });
});

describe('what is deprecated', () => {
  it('says so on every request for it, and only there', async () => {
    const text = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
    const path = '/api/v1/namespaces/default/endpoints';
    const body = { kind: 'Endpoints', apiVersion: 'v1', metadata: { name: 'mine' } };
    expect(await call('POST', path, body)).toMatchObject({ status: 201, warning: text });
    for (const at of [path, `${path}/mine`, `${path}/missing`]) expect((await call('GET', at)).warning).toBe(text);
    const stream = await watch(`${path}?watch=true`);
    expect(stream.warning).toBe(text);
    await stream.close();
    expect((await call('DELETE', `${path}/mine`)).warning).toBe(text);
    expect((await call('GET', '/api/v1/namespaces/default/services')).warning).toBeNull();
  });
});

describe('component statuses', () => {
  const path = '/api/v1/componentstatuses';
  const lease = (name: string): object => ({
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    metadata: { name },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 6, renewTime: new Date(clock.now()).toISOString() },
  });

  it('tell of the store, and of scheduler and controllers by their leases', async () => {
    const before = await call('GET', path);
    expect(before.warning).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
    expect(before.body).toMatchObject({ kind: 'ComponentStatusList', apiVersion: 'v1' });
    expect(before.body.items).toEqual([
      unhealthy('controller-manager', 'nobody holds the lease kube-system/kube-controller-manager'),
      {
        kind: 'ComponentStatus',
        apiVersion: 'v1',
        metadata: { name: 'etcd-0' },
        conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
      },
      unhealthy('scheduler', 'nobody holds the lease kube-system/kube-scheduler'),
    ]);
    await call('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', lease('kube-scheduler'));
    expect((await call('GET', `${path}/scheduler`)).body.conditions).toEqual([
      { type: 'Healthy', status: 'True', message: 'ok' },
    ]);
    clock.advance(10_000);
    expect((await call('GET', `${path}/scheduler`)).body.conditions[0].error).toBe(
      'a no longer renews the lease kube-system/kube-scheduler',
    );
  });

  it('are read like stored objects: by name, as a table, by a watch; and cannot be written', async () => {
    expect((await call('GET', `${path}/nobody`)).body).toMatchObject({
      code: 404,
      message: 'componentstatuses "nobody" not found',
    });
    expect((await call('GET', `${path}?fieldSelector=metadata.name%3Detcd-0`)).body.items).toHaveLength(1);
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const table = (await call('GET', path, undefined, { accept })).body;
    expect(table.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'Status',
      'Message',
      'Error',
    ]);
    expect(table.rows[1].cells).toEqual(['etcd-0', 'Healthy', 'ok', '']);
    const stream = await watch(`${path}?watch=true`);
    expect(await stream.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'controller-manager' } } });
    await stream.close();
    expect((await call('POST', path, { metadata: { name: 'x' } })).body.code).toBe(405);
    expect((await call('DELETE', `${path}/etcd-0`)).body.code).toBe(405);
  });
});

function unhealthy(name: string, error: string): object {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'False', error }],
  };
}

describe('a review within a namespace', () => {
  const path = '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews';
  const attributes = { namespace: 'default', verb: 'get', resource: 'pods' };

  it('answers whether somebody may', async () => {
    const api = await testApi();
    const ask = (groups: string[]) =>
      api.call('POST', path, { spec: { user: 'jane', groups, resourceAttributes: attributes } });
    expect((await ask(['system:authenticated'])).body).toMatchObject({
      kind: 'LocalSubjectAccessReview',
      status: { allowed: true },
    });
    expect((await ask(['system:unauthenticated'])).body.status.allowed).toBe(false);
  });

  it.each<[string, object, string]>([
    [
      'another namespace',
      { user: 'jane', resourceAttributes: { ...attributes, namespace: 'other' } },
      'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
    ],
    [
      'a path',
      { user: 'jane', nonResourceAttributes: { path: '/metrics', verb: 'get' } },
      'disallowed on this kind of request',
    ],
    ['nothing', { user: 'jane' }, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'],
    [
      'nobody',
      { resourceAttributes: attributes },
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
  ])('is refused for %s', async (_, spec, message) => {
    const api = await testApi();
    const answer = await api.call('POST', path, { spec });
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(answer.body.message).toContain(message);
  });
});
