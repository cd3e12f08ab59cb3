// The patterns of known vulnerabilities that concern parsing, patches and paths, by their names (design/api.md): one test each.
import { beforeAll, describe, expect, it } from 'vitest';
import { parseRequest } from '../../src/apiserver/request-info/parse.ts';
import { CONFIG_MAPS, configMap, PODS, pod, type TestApi, testApi } from '../apiserver/harness.ts';
import { cpuMs } from './garbage.ts';

const YAML = { 'content-type': 'application/yaml' };
const patchType = (kind: string): Record<string, string> => ({ 'content-type': `application/${kind}-patch+json` });
/** For refusals that must not cost: generous, because machines differ; what they guard against took minutes or never ended. */
const CHEAP_MS = 5_000;

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await api.call('POST', CONFIG_MAPS, configMap('a', { k: 'v' }));
  await api.call('POST', PODS, pod('p'));
});

async function refusedCheaply(
  code: number,
  ...[method, path, body, headers]: Parameters<TestApi['call']>
): Promise<string> {
  const from = cpuMs();
  const answer = await api.call(method, path, body, headers);
  expect(answer.status, answer.text.slice(0, 300)).toBe(code);
  expect(answer.body).toMatchObject({ kind: 'Status', code });
  expect(cpuMs() - from).toBeLessThan(CHEAP_MS);
  return String(answer.body.message);
}

describe('CVE-2019-11253: a small YAML body that means a large one', () => {
  const bomb = (link: (level: number) => string): string =>
    [
      'a0: &a0 {k: lol}',
      ...Array.from({ length: 40 }, (_, level) => `a${level + 1}: &a${level + 1} ${link(level)}`),
    ].join('\n');

  it('is refused when lists of aliases double it', async () => {
    await refusedCheaply(
      413,
      'POST',
      CONFIG_MAPS,
      bomb((level) => `[*a${level}, *a${level}]`),
      YAML,
    );
  });

  it('is refused when merge keys double it', async () => {
    await refusedCheaply(
      413,
      'POST',
      CONFIG_MAPS,
      bomb((level) => `{<<: [*a${level}, *a${level}]}`),
      YAML,
    );
  });

  it('is refused when it copies one large map into many', async () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `  k${index}: 1\n`).join('');
    await refusedCheaply(413, 'POST', CONFIG_MAPS, `a: &a\n${keys}b:\n${'- <<: *a\n'.repeat(90)}`, YAML);
  });

  it('is refused when it contains itself', async () => {
    expect(await refusedCheaply(400, 'POST', CONFIG_MAPS, 'a: &a [*a]', YAML)).toContain('contains itself');
  });

  it('is refused as YAML that cannot be read when it merges what is no map', async () => {
    expect(await refusedCheaply(400, 'POST', CONFIG_MAPS, 'a: {<<: 1}', YAML)).toContain(
      'error converting YAML to JSON',
    );
  });
});

describe('CVE-2019-11254: YAML that takes long to parse', () => {
  const complexKey = (): string => {
    let key = 'x';
    for (let level = 0; level < 300; level++) key = `{? ${key}\n : 1}`;
    return `a: ${key}`;
  };
  it.each([
    ['errors', `[${'}'.repeat(1_000_000)}`],
    ['documents', '---\n'.repeat(500_000)],
    ['keys that are maps', complexKey()],
    ['items', '- a\n'.repeat(700_000)],
    ['indents and markers', `a:\n${'  - - - - - - - -\n'.repeat(100_000)}`],
    ['brackets', '[\n'.repeat(900)],
    ['comments', '#\n'.repeat(1_000_000)],
  ])('is refused: many %s', async (_what, body) => {
    await refusedCheaply(400, 'POST', CONFIG_MAPS, body, YAML);
  });
});

describe('CVE-2020-8552: what a request makes the server hold', () => {
  it('has nothing to do with how many query parameters it has', async () => {
    const query = Array.from({ length: 20_000 }, (_, index) => `p${index}=${index}`).join('&');
    const answer = await api.call('GET', `${CONFIG_MAPS}?${query}`);
    expect(answer.status).toBe(200);
    const metrics = await api.call('GET', '/metrics');
    expect(metrics.text).not.toContain('p19999');
  });

  it('is no label of a metric for each path that anybody makes up', async () => {
    await api.call('GET', '/apis/made.up/v1/namespaces/default/inventions/x');
    expect((await api.call('GET', '/metrics')).text).not.toContain('inventions');
  });

  it('is not a list of findings that each quote the body', async () => {
    const scopes = Array.from({ length: 4_000 }, (_, index) => `a${index}`);
    const body = { metadata: { name: 'q' }, spec: { scopes } };
    const answer = await api.call('POST', '/api/v1/namespaces/default/resourcequotas', body);
    expect(answer.status).toBe(422);
    expect(answer.text.length).toBeLessThan(3_000_000);
  });

  it('is not a path as long as a key for each field that is written twice', async () => {
    const twice = Array.from({ length: 5_000 }, (_, index) => `"a${index}":1,"a${index}":1`).join(',');
    const body = `{"${'k'.repeat(200_000)}":{${twice}}}`;
    const message = await refusedCheaply(400, 'POST', `${CONFIG_MAPS}?fieldValidation=Strict`, body);
    expect(message.length).toBeLessThan(200_000);
  });

  it('is not the square of a certificate request that begins again and again', async () => {
    const request = Buffer.from('-----BEGIN A-----'.repeat(60_000)).toString('base64');
    const body = { metadata: { name: 'r' }, spec: { signerName: 'a.b/c', usages: ['client auth'], request } };
    await refusedCheaply(422, 'POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', body);
  });
});

describe('CVE-2022-3162: a path that leads to another resource', () => {
  beforeAll(async () => {
    for (const name of ['other', 'defaultx']) {
      await api.call('POST', '/api/v1/namespaces', { metadata: { name } });
      await api.call('POST', `/api/v1/namespaces/${name}/configmaps`, configMap('hidden', { secret: 'hidden-value' }));
    }
  });

  it.each([
    '/api/v1/namespaces/default%2F..%2Fother/configmaps',
    '/api/v1/namespaces/default/configmaps/%252e%252e',
    '/api/v1/namespaces/default/configmaps/..%2F..%2Fother%2Fhidden',
    '/api/v1/namespaces/default/configmaps%2F..%2Fsecrets',
    '/api/v1/namespaces/default/config',
    '/api/v1/namespaces/defaul/configmaps',
    '/api/v1/namespaces/default/configmaps?fieldSelector=metadata.namespace%3Dother',
    '/api/v1/namespaces/default/configmaps?fieldSelector=metadata.name%3D..%2Fother%2Fhidden',
    '/api/v1/namespaces/default/configmaps?fieldSelector=metadata.name%3Dhidden',
  ])('finds nothing of another: %s', async (path) => {
    const answer = await api.call('GET', path);
    expect(answer.text).not.toContain('hidden-value');
    expect(answer.status).toBeLessThan(500);
  });

  // Here the path is as it was sent: `Request`, which `call` makes, takes such segments out, as every client does.
  it.each([
    '/api/v1/namespaces/default/../other/configmaps',
    '/api/v1/namespaces/%2e%2e/configmaps',
    '/api/v1/pods/%2E',
  ])('is no path of a resource when it has dot segments: %s', (path) => {
    expect(parseRequest('GET', path, new URLSearchParams()).kind).toBe('malformed');
  });

  it('finds nothing with a continue token that names a key elsewhere', async () => {
    for (const after of ['/', '', '/configmaps/', 'core/configmaps/other/', '../other/hidden', '\uffff']) {
      const token = Buffer.from(JSON.stringify({ v: 'quorate/v1', rv: 0, after })).toString('base64url');
      await refusedCheaply(400, 'GET', `${CONFIG_MAPS}?continue=${token}`);
    }
  });
});

describe('keys that reach a prototype', () => {
  it.each([
    '/__proto__/polluted',
    '/metadata/__proto__/polluted',
    '/constructor/prototype/polluted',
    '/metadata/constructor',
  ])('are refused in the pointer %s, as path and as source', async (path) => {
    await refusedCheaply(400, 'PATCH', `${CONFIG_MAPS}/a`, [{ op: 'add', path, value: 'x' }], patchType('json'));
    const copy = [{ op: 'copy', from: path, path: '/data/x' }];
    await refusedCheaply(400, 'PATCH', `${CONFIG_MAPS}/a`, copy, patchType('json'));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each(['merge', 'strategic-merge'])('do nothing in a %s patch', async (kind) => {
    const body =
      '{"__proto__":{"polluted":1},"metadata":{"__proto__":{"polluted":1},"labels":{"__proto__":"x","l":"1"}},"constructor":{"prototype":{"polluted":1}},"$setElementOrder/__proto__":[],"$deleteFromPrimitiveList/constructor":[1]}';
    const answer = await api.call('PATCH', `${CONFIG_MAPS}/a`, body, patchType(kind));
    expect(answer.status).toBe(200);
    expect(answer.body.metadata.labels).toEqual({ l: '1' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('a JSON patch that costs more than it is long', () => {
  const patch = (operations: readonly object[], code: number): Promise<string> =>
    refusedCheaply(code, 'PATCH', `${CONFIG_MAPS}/a`, operations, patchType('json'));

  it('is refused when copies double a value', async () => {
    const operations = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/x${index}` }));
    await patch(operations, 413);
  });

  it('is refused when copies double the depth', async () => {
    const operations: object[] = [{ op: 'add', path: '/a', value: {} }];
    for (let depth = 1; depth < 20_000; depth *= 2)
      operations.push({ op: 'copy', from: '/a', path: `${'/a'.repeat(depth)}/a` });
    expect(await patch(operations, 422)).toContain('nests deeper');
  });

  it('is refused when moves make it deep', async () => {
    const below = '/b'.repeat(150);
    const nest = (): unknown => JSON.parse(`${'{"b":'.repeat(150)}{}${'}'.repeat(150)}`);
    const operations = Array.from({ length: 100 }, (_, index) => [
      { op: 'add', path: `/a${index + 1}`, value: nest() },
      { op: 'move', from: `/a${index}`, path: `/a${index + 1}${below}/c` },
    ]).flat();
    const first = { op: 'add', path: '/a0', value: nest() };
    expect(await patch([first, ...operations], 422)).toContain('nests deeper');
  });

  it('is refused when it inserts before a long list again and again', async () => {
    const long = { op: 'add', path: '/x', value: Array.from({ length: 400_000 }, () => 1) };
    const inserts = Array.from({ length: 5_000 }, () => ({ op: 'add', path: '/x/0', value: 1 }));
    await patch([long, ...inserts], 413);
  });

  it('is refused when it has more operations than Kubernetes takes', async () => {
    const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data', value: {} }));
    expect(await patch(operations, 413)).toContain('10000');
  });

  it('tests big values as often as it brings them', async () => {
    const value = Array.from({ length: 200_000 }, () => 1);
    await patch(
      [
        { op: 'add', path: '/x', value },
        { op: 'test', path: '/x', value },
        { op: 'test', path: '/x', value: [] },
      ],
      422,
    );
  });
});

describe('a strategic merge patch', () => {
  it('may nest directives as deep as a body may nest, and no deeper', async () => {
    const nested = (depth: number): string => `${'{"$patch":"merge","a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const answer = await api.call('PATCH', `${PODS}/p`, nested(199), patchType('strategic-merge'));
    expect(answer.status).toBe(200);
    await refusedCheaply(400, 'PATCH', `${PODS}/p`, nested(201), patchType('strategic-merge'));
  });

  it('with ten thousand new items costs what they are, not their square', async () => {
    const containers = Array.from({ length: 10_000 }, (_, index) => ({ name: `a${index}` }));
    await refusedCheaply(422, 'PATCH', `${PODS}/p`, { spec: { containers } }, patchType('strategic-merge'));
  });
});
