// Requests that are made as somebody else: whom the headers ask for, who may, and what comes of it; over each way that a request
// can come.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { impersonatedUser, wantedUser } from '../../src/apiserver/authn/impersonate.ts';
import type { UserInfo } from '../../src/apiserver/index.ts';
import { parseRequest } from '../../src/apiserver/request-info/parse.ts';
import { type Answer, PODS, type TestApi, testApi } from './harness.ts';
import { ask, type Served, serveHttp2 } from './http2/served.ts';
import { type ListeningServer, startListening } from './listening.ts';

const REVIEWS = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const ACCESS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

function user(name: string, groups: readonly string[], extra: UserInfo['extra'] = {}): UserInfo {
  return { name, uid: '', groups, extra };
}
const ADMIN = user('root', ['system:masters', 'system:authenticated']);
const JOE = user('joe', ['devs', 'system:authenticated']);

describe('the headers of impersonation', () => {
  it('name a user, a uid, groups and extras', () => {
    const wanted = wantedUser([
      ['impersonate-user', 'jane'],
      ['impersonate-user', 'second'],
      ['impersonate-uid', '7'],
      ['impersonate-group', 'a, b'],
      ['impersonate-group', 'c'],
      ['impersonate-extra-scopes', 'view'],
      ['impersonate-extra-acme.com%2fproject', 'x'],
      ['impersonate-extra-scopes', 'edit'],
      ['impersonate-extra-%zz', 'y'],
    ]);
    expect(wanted).toEqual({
      name: 'jane',
      uid: '7',
      groups: ['a, b', 'c'],
      extra: { scopes: ['view', 'edit'], 'acme.com/project': ['x'], '%zz': ['y'] },
    });
  });

  it('ask for nobody when they are empty, and for too little without a name', () => {
    expect(wantedUser([['impersonate-user', '']])).toBeUndefined();
    expect(() => wantedUser([['impersonate-group', 'system:masters']])).toThrow(
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"system:masters"}, Extra:map[string][]string(nil)} without impersonating a user name',
    );
    expect(() => wantedUser([['impersonate-extra-a', 'b']])).toThrow('Extra:map[string][]string{"a":[]string{"b"}}}');
    expect(() => wantedUser([['impersonate-uid', '7']])).toThrow('UID:"7"');
  });
});

describe('who acts as somebody else', () => {
  const list = parseRequest('GET', PODS, new URLSearchParams());
  const as = (wanted: Partial<UserInfo>): UserInfo =>
    impersonatedUser(ADMIN, { name: 'jane', uid: '', groups: [], extra: {}, ...wanted }, list);

  it('is in the groups they name, and in that of everybody who is known', () => {
    expect(as({})).toMatchObject({ name: 'jane', groups: ['system:authenticated'] });
    expect(as({ groups: ['a', 'b'] }).groups).toEqual(['a', 'b', 'system:authenticated']);
    expect(as({ groups: ['system:masters'] }).groups).toEqual(['system:masters', 'system:authenticated']);
    expect(as({ groups: ['system:authenticated'] }).groups).toEqual(['system:authenticated']);
    expect(as({ groups: ['system:unauthenticated'] }).groups).toEqual(['system:unauthenticated']);
    expect(as({ name: 'system:anonymous' }).groups).toEqual(['system:unauthenticated']);
  });

  it('is in the groups that come with a service account or a node, where none are named', () => {
    expect(as({ name: 'system:serviceaccount:dev:foo' }).groups).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:dev',
      'system:authenticated',
    ]);
    expect(as({ name: 'system:serviceaccount:dev:foo', groups: ['a'] }).groups).toEqual(['a', 'system:authenticated']);
    expect(as({ name: 'system:node:n1' }).groups).toEqual(['system:nodes', 'system:authenticated']);
    expect(as({ name: 'system:node:n1', uid: '7' }).groups).toEqual(['system:authenticated']);
    expect(as({ name: 'system:serviceaccount:dev:foo:bar' }).groups).toEqual(['system:authenticated']);
  });

  const refusal = (requestor: UserInfo, wanted: Partial<UserInfo>, asked = list): string => {
    try {
      impersonatedUser(requestor, { name: 'jane', uid: '', groups: [], extra: {}, ...wanted }, asked);
      return 'allowed';
    } catch (error) {
      return String(error);
    }
  };

  it('must be an administrator: to be known is not enough', () => {
    expect(refusal(JOE, {})).toBe(
      'ApiError: pods is forbidden: User "joe" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default"',
    );
    expect(refusal(JOE, { name: 'joe' })).toContain('cannot impersonate-on:user-info:list');
    expect(refusal(JOE, { groups: ['system:masters'] })).toContain('cannot impersonate-on:user-info:list');
    expect(refusal(JOE, { name: 'system:node:n1' })).toContain('cannot impersonate-on:arbitrary-node:list');
    expect(refusal(JOE, { name: 'system:serviceaccount:a:b' })).toContain('cannot impersonate-on:serviceaccount:list');
    expect(refusal(JOE, { name: 'system:serviceaccount:a:b', groups: ['c'] })).toBe(
      'ApiError: serviceaccounts "b" is forbidden: User "joe" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a"',
    );
    const pod = user('system:serviceaccount:a:b', ['system:authenticated'], {
      'authentication.kubernetes.io/node-name': ['n1'],
    });
    expect(refusal(pod, { name: 'system:node:n1' })).toContain('cannot impersonate-on:associated-node:list');
    expect(refusal(pod, { name: 'system:node:n2' })).toContain('cannot impersonate-on:arbitrary-node:list');
  });

  it('is refused by the path and the part of an object that the request names', () => {
    const metrics = parseRequest('GET', '/metrics', new URLSearchParams());
    expect(refusal(JOE, {}, metrics)).toBe(
      'ApiError: forbidden: User "joe" cannot impersonate-on:user-info:get path "/metrics"',
    );
    const scale = parseRequest('PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', new URLSearchParams());
    expect(refusal(user('<joe>', []), {}, scale)).toBe(
      'ApiError: deployments.apps "d" is forbidden: User "&lt;joe&gt;" cannot impersonate-on:user-info:patch resource "deployments/scale" in API group "apps" in the namespace "a"',
    );
  });
});

describe('a request made as somebody else', () => {
  let api: TestApi;
  beforeAll(async () => {
    const staticTokens = new Map([
      ['admin', ADMIN],
      ['joe', JOE],
    ]);
    api = await testApi({ authentication: { staticTokens } });
  });
  const call = (token: string, method: string, path: string, headers: object = {}, body?: unknown): Promise<Answer> =>
    api.call(method, path, body, { authorization: `Bearer ${token}`, ...headers });

  it('is theirs in all that follows', async () => {
    const { body } = await call('admin', 'POST', REVIEWS, { 'impersonate-user': 'jane', 'impersonate-group': 'a' }, {});
    expect(body.status.userInfo).toEqual({ username: 'jane', groups: ['a', 'system:authenticated'] });
    const refused = await call('admin', 'GET', '/quorate/v1/status', { 'impersonate-user': 'jane' });
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'forbidden: User "jane" cannot get path "/quorate/v1/status"',
    ]);
  });

  it('is refused with 403 where it is made as nobody, whose right it is not', async () => {
    const { status, body } = await call('admin', 'GET', PODS, { 'impersonate-user': 'system:anonymous' });
    expect(status).toBe(403);
    expect(body.message).toBe(
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
    );
  });

  it('is refused to who is no administrator, whatever it asks, and to who is unknown', async () => {
    const as = { 'impersonate-user': 'root', 'impersonate-group': 'system:masters' };
    expect((await call('joe', 'GET', PODS, as)).status).toBe(403);
    expect((await call('joe', 'GET', '/version', as)).status).toBe(403);
    expect((await call('wrong', 'GET', PODS, as)).status).toBe(401);
    expect((await api.call('GET', '/version', undefined, as)).status).toBe(403);
    expect((await call('joe', 'GET', PODS, { 'impersonate-group': 'a' })).body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
    });
  });

  it('is announced truly by access reviews', async () => {
    const may = async (token: string, verb: string, resource = 'users'): Promise<unknown> => {
      const spec = { resourceAttributes: { verb, resource } };
      return (await call(token, 'POST', ACCESS, {}, { spec })).body.status.allowed;
    };
    expect([await may('admin', 'impersonate'), await may('admin', '*', '*')]).toEqual([true, true]);
    expect([await may('joe', 'impersonate'), await may('joe', '*', '*')]).toEqual([false, false]);
    expect([await may('joe', 'list', 'pods'), await may('joe', 'get', 'users')]).toEqual([true, true]);
    const rules = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
    const { body } = await call('joe', 'POST', rules, {}, { spec: { namespace: 'default' } });
    expect(body.status.resourceRules[0].verbs).toContain('list');
    expect(body.status.resourceRules[0].verbs).not.toContain('*');
  });
});

describe('groups that are named one a line', () => {
  let plain: ListeningServer;
  let tls: Served;
  beforeAll(async () => {
    plain = await startListening();
    tls = await serveHttp2();
  });
  afterAll(async () => {
    await plain.stop();
    await tls.close();
  });
  const WANTED = { username: 'jane', groups: ['a, b', 'c', 'system:authenticated'] };

  function asked(headers: Record<string, string | string[]>): Promise<{ status: { userInfo: object } }> {
    return new Promise((resolve, reject) => {
      const more = { 'content-type': 'application/json', 'content-length': 2 };
      const call = request(
        `${plain.url}${REVIEWS}`,
        { method: 'POST', headers: { ...headers, ...more } },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on('end', () => resolve(JSON.parse(text)));
        },
      );
      call.on('error', reject);
      call.end('{}');
    });
  }

  it('are as many over HTTP/1.1', async () => {
    const many = await asked({ 'Impersonate-User': 'jane', 'Impersonate-Group': ['a, b', 'c'] });
    expect(many.status.userInfo).toEqual(WANTED);
    // Without a header that is sent twice, it is our own parser that reads them.
    const one = await asked({ 'Impersonate-User': 'jane', 'Impersonate-Group': 'a, b', 'Impersonate-Extra-X': 'y' });
    expect(one.status.userInfo).toEqual({ ...WANTED, groups: ['a, b', 'system:authenticated'], extra: { x: ['y'] } });
  });

  it('are as many over HTTP/2', async () => {
    const session = await tls.session();
    const headers = { 'impersonate-user': 'jane', 'impersonate-group': ['a, b', 'c'] } as unknown as Record<
      string,
      string
    >;
    const { body } = await ask(session, 'POST', REVIEWS, { body: {}, headers });
    expect(body.status.userInfo).toEqual(WANTED);
  });
});
