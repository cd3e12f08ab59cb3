// Bad input is everybody's input: it gets the Status that Kubernetes gives, and never a 500.
import { beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, configMap, PODS, pod, type TestApi, testApi } from './harness.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await api.call('POST', CONFIG_MAPS, configMap('a'));
  await api.call('POST', PODS, pod('p'));
});

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/vnd.kubernetes.protobuf' };
const long = 'x'.repeat(3000);
const table: readonly [string, number, string, string, unknown?, Record<string, string>?][] = [
  ['a body that is no JSON', 400, 'POST', CONFIG_MAPS, '{', JSON_TYPE],
  ['an empty body', 400, 'POST', CONFIG_MAPS, '', JSON_TYPE],
  ['a body that is a list', 400, 'POST', CONFIG_MAPS, '[]', JSON_TYPE],
  ['a body that is null', 422, 'POST', CONFIG_MAPS, 'null', JSON_TYPE],
  ['a body nested too deep', 400, 'POST', CONFIG_MAPS, `${'['.repeat(5000)}${']'.repeat(5000)}`, JSON_TYPE],
  ['metadata that is a string', 400, 'POST', CONFIG_MAPS, '{"metadata":"x"}', JSON_TYPE],
  ['a body of another kind', 400, 'POST', CONFIG_MAPS, pod('x')],
  ['a body too large', 413, 'POST', CONFIG_MAPS, configMap('big', { a: 'x'.repeat(3 * 1024 * 1024) })],
  [
    'an object too large to store',
    413,
    'POST',
    PODS,
    pod('x', { containers: [{ name: 'c', image: 'b', args: ['x'.repeat(2 * 1024 * 1024)] }] }),
  ],
  ['a config map too large to be one', 422, 'POST', CONFIG_MAPS, configMap('big', { a: 'x'.repeat(2 * 1024 * 1024) })],
  ['an unknown media type', 415, 'POST', CONFIG_MAPS, 'x', { 'content-type': 'text/plain' }],
  ['protobuf that is none', 400, 'POST', CONFIG_MAPS, 'x', PROTOBUF],
  [
    'protobuf cut short',
    400,
    'POST',
    CONFIG_MAPS,
    'k8s\0\n\x7f',
    { 'content-type': 'application/vnd.kubernetes.protobuf' },
  ],
  ['protobuf with a wire type that does not exist', 400, 'POST', CONFIG_MAPS, 'k8s\0\x0f', PROTOBUF],
  ['an answer nobody can give', 406, 'GET', CONFIG_MAPS, undefined, { accept: 'image/png' }],
  ['an unknown resource', 404, 'GET', '/api/v1/namespaces/default/widgets'],
  ['an unknown group', 404, 'GET', '/apis/example.com/v1/widgets'],
  ['an unknown version', 404, 'GET', '/apis/apps/v9/deployments'],
  ['an unknown path', 404, 'GET', '/nothing'],
  ['an unknown subresource', 404, 'GET', `${PODS}/p/nothing`],
  ['a subresource without the verb', 405, 'POST', `${PODS}/p/status`, pod('p')],
  ['a method without a verb', 405, 'OPTIONS', PODS],
  ['a post to an object', 405, 'POST', `${CONFIG_MAPS}/a`, configMap('a')],
  ['a put to a collection', 405, 'PUT', CONFIG_MAPS, configMap('a')],
  ['a write to discovery', 405, 'POST', '/apis', {}],
  ['a namespaced object without its namespace', 404, 'GET', '/api/v1/configmaps/a'],
  ['a cluster object in a namespace', 404, 'GET', '/api/v1/namespaces/default/nodes/n'],
  ['a name beyond all limits', 404, 'GET', `${CONFIG_MAPS}/${long}`],
  ['a namespace beyond all limits', 404, 'GET', `/api/v1/namespaces/${long}/configmaps/a`],
  ['a created name beyond all limits', 422, 'POST', CONFIG_MAPS, configMap(long)],
  ['a name with a slash in it', 422, 'POST', CONFIG_MAPS, configMap('a/b')],
  ['an escape that is none', 400, 'GET', `${CONFIG_MAPS}/%zz`],
  ['an escaped slash', 400, 'GET', `${CONFIG_MAPS}/a%2Fb`],
  ['a label selector that does not parse', 400, 'GET', `${CONFIG_MAPS}?labelSelector=a%20b%20c`],
  ['a field selector of an unknown field', 400, 'GET', `${CONFIG_MAPS}?fieldSelector=spec.x%3D1`],
  ['a limit that is no number', 400, 'GET', `${CONFIG_MAPS}?limit=many`],
  ['a continue token that is none', 400, 'GET', `${CONFIG_MAPS}?continue=x`],
  ['a resourceVersion that is no number', 400, 'GET', `${CONFIG_MAPS}?resourceVersion=x`],
  ['a match without a version', 422, 'GET', `${CONFIG_MAPS}?resourceVersionMatch=Exact`],
  ['a watch timeout that is no number', 400, 'GET', `${CONFIG_MAPS}?watch=1&timeoutSeconds=soon`],
  ['initial events without a match', 422, 'GET', `${CONFIG_MAPS}?watch=1&sendInitialEvents=true`],
  [
    'an update version that is no number',
    422,
    'PUT',
    `${CONFIG_MAPS}/a`,
    { ...configMap('a'), metadata: { name: 'a', resourceVersion: 'x' } },
  ],
  ['a grace period that is no number', 400, 'DELETE', `${PODS}/p?gracePeriodSeconds=soon`],
  [
    'a patch that is no patch',
    400,
    'PATCH',
    `${CONFIG_MAPS}/a`,
    '{}',
    { 'content-type': 'application/json-patch+json' },
  ],
  ['a patch of plain JSON', 415, 'PATCH', `${CONFIG_MAPS}/a`, '{}', JSON_TYPE],
  [
    'a patch that changes the name',
    400,
    'PATCH',
    `${CONFIG_MAPS}/a`,
    '{"metadata":{"name":"b"}}',
    { 'content-type': 'application/merge-patch+json' },
  ],
  ['a fence that is none', 400, 'PUT', `${CONFIG_MAPS}/a`, configMap('a'), { 'quorate-fence': 'x' }],
  ['a pod without containers', 422, 'POST', PODS, pod('x', { containers: [] })],
  ['a pod without a list of containers', 422, 'POST', PODS, { ...pod('x'), spec: {} }],
  ['a pod without a spec', 422, 'POST', PODS, { ...pod('x'), spec: undefined }],
  ['a pod of a priority class that is not there', 403, 'POST', PODS, pod('x', { priorityClassName: 'high' })],
  ['a pod with a priority that is not its class’s', 403, 'POST', PODS, pod('x', { priority: 5 })],
  ['the deletion of a collection in all namespaces', 405, 'DELETE', '/api/v1/configmaps'],
  ['a command in a container, which comes later', 501, 'POST', `${PODS}/p/exec?command=ls`],
  ['a proxied path, which comes later', 501, 'GET', `${PODS}/p/proxy/a/b`],
  ['a pod of an account that is not there', 403, 'POST', PODS, pod('x', { serviceAccountName: 'nobody' })],
  ['a pod of an account that cannot be', 403, 'POST', PODS, pod('x', { serviceAccountName: 'a/b' })],
  ['the log of a container that is not there', 400, 'GET', `${PODS}/p/log?container=x`],
  ['a log of less than nothing', 422, 'GET', `${PODS}/p/log?tailLines=-1`],
  [
    'a binding to a node that is not there',
    404,
    'POST',
    `${PODS}/p/binding`,
    { target: { kind: 'Node', name: 'nope' } },
  ],
  ['a binding to nothing', 422, 'POST', `${PODS}/p/binding`, {}],
  ['the deletion of an immortal namespace', 403, 'DELETE', '/api/v1/namespaces/default'],
  [
    'a token for a moment',
    422,
    'POST',
    '/api/v1/namespaces/default/serviceaccounts/default/token',
    { spec: { expirationSeconds: 1 } },
  ],
];

describe('bad input', () => {
  it.each(table)('%s is a %i', async (_what, code, method, path, body, headers) => {
    const answer = await api.call(method, path, body, headers ?? {});
    expect(answer.status, answer.text).toBe(code);
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code });
    expect(answer.body.message).not.toBe('');
    expect(answer.body.reason).not.toBe('');
  });
});
