// What a request is about, from its method, path and query.
import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../src/apiserver/request-info/parse.ts';

const table: readonly [string, string, Record<string, unknown>][] = [
  ['GET', '/api/v1/pods', { verb: 'list', resource: 'pods', namespace: '', name: '' }],
  ['GET', '/api/v1/namespaces/a/pods', { verb: 'list', resource: 'pods', namespace: 'a' }],
  ['GET', '/api/v1/namespaces/a/pods/b', { verb: 'get', resource: 'pods', namespace: 'a', name: 'b' }],
  ['GET', '/api/v1/namespaces/a/pods/b/log', { verb: 'get', name: 'b', subresource: 'log' }],
  ['GET', '/api/v1/namespaces/a', { verb: 'get', resource: 'namespaces', namespace: '', name: 'a' }],
  [
    'PUT',
    '/api/v1/namespaces/a/finalize',
    { verb: 'update', resource: 'namespaces', name: 'a', subresource: 'finalize' },
  ],
  ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces', name: '' }],
  ['GET', '/api/v1/pods?watch=true', { verb: 'watch' }],
  ['GET', '/api/v1/pods?watch=0', { verb: 'list' }],
  ['GET', '/api/v1/watch/pods', { verb: 'watch', resource: 'pods' }],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dx', { verb: 'list', name: 'x' }],
  ['HEAD', '/api/v1/nodes/n', { verb: 'get', resource: 'nodes', name: 'n' }],
  [
    'POST',
    '/apis/apps/v1/namespaces/a/deployments',
    { verb: 'create', group: 'apps', version: 'v1', resource: 'deployments' },
  ],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', { verb: 'patch', subresource: 'scale' }],
  ['DELETE', '/api/v1/namespaces/a/pods', { verb: 'deletecollection' }],
  ['DELETE', '/api/v1/namespaces/a/pods/b', { verb: 'delete' }],
  ['OPTIONS', '/api/v1/pods', { verb: 'unknown' }],
  ['GET', '/api/v1/namespaces/a/pods/b/proxy/x/y', { subresource: 'proxy', rest: ['x', 'y'] }],
  ['GET', '/api/v1', { kind: 'nonResource', verb: 'get' }],
  ['GET', '/apis/apps/v1', { kind: 'nonResource' }],
  ['GET', '/healthz', { kind: 'nonResource' }],
  ['GET', '/api/v1/namespaces/a/pods/b%2Fc', { kind: 'malformed' }],
  ['GET', '/api/v1/namespaces/a/pods/%zz', { kind: 'malformed' }],
  ['GET', '/api/v1/namespaces/%2e%2e/pods', { kind: 'malformed' }],
];

describe('request info', () => {
  it.each(table)('%s %s', (method, url, expected) => {
    const [path = '', search = ''] = url.split('?');
    expect(parseRequest(method, path, new URLSearchParams(search))).toMatchObject(expected);
  });
});
