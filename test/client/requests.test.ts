// Requests against servers that die, lose answers, refuse and freeze.
import { describe, expect, it } from 'vitest';
import { createClient, isAlreadyExists, isNotFound, PODS, UnknownOutcomeError } from '../../src/client/index.ts';
import { prng, silentLogger, systemClock } from '../../src/lib/index.ts';
import { at, setup, until } from './support/setup.ts';

const pod = (name: string) => ({ metadata: { namespace: 'default', name }, spec: { containers: [] } });

describe('a client of several API servers', () => {
  it('speaks the paths, verbs and media types of the API', async () => {
    const { client, servers } = await setup(1);
    const created = await client.create(PODS, pod('web'));
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } });
    const updated = await client.update(PODS, { ...created, metadata: { ...created.metadata, labels: { a: 'b' } } });
    expect(updated.metadata.labels).toEqual({ a: 'b' });
    await client.patch(PODS, { namespace: 'default', name: 'web' }, 'strategic', { status: { phase: 'Running' } });
    const list = await client.list(PODS, { namespace: 'default', labelSelector: 'a=b' });
    expect(list.items.map((item) => [item.kind, item.status?.phase])).toEqual([['Pod', 'Running']]);
    await client.delete(PODS, { namespace: 'default', name: 'web' }, { uid: created.metadata.uid });
    await expect(client.get(PODS, { namespace: 'default', name: 'web' })).rejects.toSatisfy(isNotFound);
    expect(at(servers, 0).seen).toEqual([
      'POST /api/v1/namespaces/default/pods',
      'PUT /api/v1/namespaces/default/pods/web',
      'PATCH /api/v1/namespaces/default/pods/web',
      'GET /api/v1/namespaces/default/pods?labelSelector=a%3Db',
      'DELETE /api/v1/namespaces/default/pods/web',
      'GET /api/v1/namespaces/default/pods/web',
    ]);
  });

  it('stays with the server that answers, and moves on when its connections are refused', async () => {
    const { client, servers } = await setup(3);
    for (let i = 0; i < 5; i++) await client.list(PODS);
    expect(servers.map((server) => server.seen.length)).toEqual([5, 0, 0]);
    await at(servers, 0).kill();
    for (let i = 0; i < 5; i++) await client.create(PODS, pod(`p${i}`));
    expect(servers.map((server) => server.seen.length)).toEqual([5, 5, 0]);
    await at(servers, 0).restart();
    await client.list(PODS);
    expect(at(servers, 1).seen.length).toBe(6);
  });

  it('goes to the servers it is told of while it runs, and to no other', async () => {
    const { client, servers } = await setup(3);
    const urls = servers.map((server) => server.url);
    client.useEndpoints(urls.slice(0, 1));
    await at(servers, 0).kill();
    const waiting = client.list(PODS);
    client.useEndpoints(urls.slice(2));
    await waiting;
    await client.list(PODS);
    expect(servers.map((server) => server.seen.length)).toEqual([0, 0, 2]);
    expect(() => client.useEndpoints([])).toThrow('no API server was given');
  });

  it('answers every read while the servers are killed in turn', async () => {
    const { client, servers } = await setup(3);
    for (let round = 0; round < 9; round++) {
      const victim = at(servers, round % 3);
      const reads = Array.from({ length: 20 }, () => client.list(PODS));
      const killed = victim.kill();
      expect((await Promise.all(reads)).length).toBe(20);
      await killed;
      await victim.restart();
    }
  });

  it('does not repeat a create whose answer was lost when it would make a second object', async () => {
    const { client, servers, cluster } = await setup(2);
    at(servers, 0).loseAnswers(1);
    const generated = { metadata: { namespace: 'default', generateName: 'web-' } };
    await expect(client.create(PODS, generated)).rejects.toBeInstanceOf(UnknownOutcomeError);
    expect(cluster.list({ resource: 'pods', namespace: '' }).length).toBe(1);
  });

  it('repeats a create with a name, and reports that the name is taken', async () => {
    const { client, servers, cluster } = await setup(2);
    at(servers, 0).loseAnswers(1);
    await expect(client.create(PODS, pod('web'))).rejects.toSatisfy(isAlreadyExists);
    expect(cluster.list({ resource: 'pods', namespace: '' }).length).toBe(1);
    expect(at(servers, 1).seen.length).toBe(1);
  });

  it('takes a repeated delete that finds nothing for done', async () => {
    const { client, servers } = await setup(2);
    const { metadata } = await client.create(PODS, pod('web'));
    at(servers, 0).loseAnswers(1);
    await client.delete(PODS, { namespace: 'default', name: 'web' }, { uid: metadata.uid });
    at(servers, 1).loseAnswers(1);
    await expect(client.delete(PODS, { namespace: 'default', name: 'web' })).rejects.toBeInstanceOf(
      UnknownOutcomeError,
    );
  });

  it('leaves a server that says Retry-After alone, and gives its refusal back when there is no other in time', async () => {
    const { client, servers } = await setup(2);
    at(servers, 0).refuse(1, 503, { 'retry-after': '30' });
    await client.list(PODS);
    expect(servers.map((server) => server.seen.length)).toEqual([1, 1]);
    at(servers, 1).refuse(1, 429, { 'retry-after': '30' });
    await expect(client.list(PODS, {}, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: 429, reason: 'Refused' });
  });

  it('does not wait out a refused eviction: its caller decides', async () => {
    const { client, servers } = await setup(1);
    at(servers, 0).refuse(1, 429, { 'retry-after': '10' });
    const body = { apiVersion: 'policy/v1', kind: 'Eviction' };
    const evicted = client.createSubresource(PODS, { namespace: 'default', name: 'a' }, 'eviction', body);
    await expect(evicted).rejects.toMatchObject({ code: 429, retryAfterMs: 10_000 });
  });

  it('reads from the next server when one freezes', async () => {
    const { client, servers, cluster } = await setup(2);
    cluster.create('pods', pod('web'));
    at(servers, 0).freeze();
    expect((await client.list(PODS, {}, { timeoutMs: 400 })).items.length).toBe(1);
  });

  it('says that the outcome of a write is unknown when a frozen server may have done it', async () => {
    const { client, servers } = await setup(1);
    at(servers, 0).freeze();
    const created = client.create(PODS, { metadata: { namespace: 'default', generateName: 'a-' } }, { timeoutMs: 50 });
    await expect(created).rejects.toBeInstanceOf(UnknownOutcomeError);
  });

  it('answers 504 when no server is there until the limit', async () => {
    const { client, servers } = await setup(2);
    await Promise.all(servers.map((server) => server.kill()));
    const failed = client.create(PODS, pod('web'), { timeoutMs: 200 });
    await expect(failed).rejects.toMatchObject({ name: 'ApiStatusError', code: 504, reason: 'Timeout' });
  });

  it('stops when its signal does', async () => {
    const { client, servers } = await setup(1);
    at(servers, 0).freeze();
    const stop = new AbortController();
    const listed = client.list(PODS, {}, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(listed).rejects.toThrow('enough');
  });

  it('fails what is under way when it is closed', async () => {
    const { client, servers } = await setup(1);
    at(servers, 0).freeze();
    const listed = client.list(PODS);
    await until(() => at(servers, 0).seen.length === 1);
    await client.close();
    await expect(listed).rejects.toMatchObject({ code: 504 });
  });

  it('sends the fence with writes, none without leadership, and never with reads', async () => {
    const { client, cluster } = await setup(1);
    cluster.create('leases.coordination.k8s.io', {
      metadata: { namespace: 'kube-system', name: 'l' },
      spec: { holderIdentity: 'a' },
    } as never);
    const token = cluster.fenceOf('kube-system/l') ?? '';
    const current = client.fenced(() => ({ lease: 'kube-system/l', token }));
    await current.create(PODS, pod('a'));
    const former = client.fenced(() => ({ lease: 'kube-system/l', token: '1' }));
    await expect(former.create(PODS, pod('b'))).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
    expect((await former.list(PODS)).items.length).toBe(1);
    await expect(client.fenced(() => undefined).create(PODS, pod('c'))).rejects.toThrow('does not lead');
  });

  it('refuses addresses that are none, with a remedy', () => {
    const build = (endpoints: string[]) =>
      createClient({ endpoints, clock: systemClock(), logger: silentLogger, random: prng(1), userAgent: 'x' });
    expect(() => build([])).toThrow('no API server');
    expect(() => build(['localhost:6443'])).toThrow('not the address');
  });
});
