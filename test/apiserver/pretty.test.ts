// Indented answers: who gets them, and that they are Go's MarshalIndent to the byte. As kubernetes/apiserver has it:
// pkg/endpoints/handlers/negotiation/negotiate.go (isPrettyPrint) and pkg/runtime/serializer/json/json.go of apimachinery.
import { beforeAll, describe, expect, it } from 'vitest';
import { indented, indentedParts } from '../../src/apiserver/http/pretty.ts';
import { PRETTY_LEVELS_MAX } from '../../src/apiserver/limits.ts';
import { type Prng, prng } from '../../src/lib/index.ts';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, type TestApi, testApi } from './harness.ts';
import { startListening } from './listening.ts';

const CURL = { 'user-agent': 'curl/8.5.0' };

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await api.call('POST', CONFIG_MAPS, configMap('a', { empty: '', text: '{"a": [1, "\\"" ]}\n<&>' }));
});

const shown = (body: unknown): string => JSON.stringify(body, null, 2);

describe('an answer is indented', () => {
  it.each([
    ['curl', `${CONFIG_MAPS}/a`, CURL],
    ['Wget', `${CONFIG_MAPS}/a`, { 'user-agent': 'Wget/1.21' }],
    ['a browser', `${CONFIG_MAPS}/a`, { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' }],
    ['who asks for it', `${CONFIG_MAPS}/a?pretty=true`, { 'user-agent': 'kubectl/v1.36.0' }],
    ['who asks for it in Go’s short form', `${CONFIG_MAPS}/a?pretty=1`, {}],
    ['who accepts it', `${CONFIG_MAPS}/a`, { accept: 'application/json;pretty=1' }],
    ['curl, which asks for nothing in particular', `${CONFIG_MAPS}/a?pretty=`, CURL],
  ])('for %s', async (_, path, headers) => {
    const answer = await api.call('GET', path, undefined, headers);
    expect(answer.text).toBe(shown(answer.body));
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(answer.text)));
  });

  it.each([
    ['a program', `${CONFIG_MAPS}/a`, { 'user-agent': 'kubectl/v1.36.0' }],
    ['curl, which asks for it not to be', `${CONFIG_MAPS}/a?pretty=false`, CURL],
    ['a word that is no boolean', `${CONFIG_MAPS}/a?pretty=yes`, CURL],
  ])('but not for %s', async (_, path, headers) => {
    const answer = await api.call('GET', path, undefined, headers);
    expect(answer.text).toBe(JSON.stringify(answer.body));
  });

  it('but not in other encodings', async () => {
    const yaml = { accept: 'application/yaml' };
    const plain = await api.call('GET', `${CONFIG_MAPS}/a`, undefined, yaml);
    expect((await api.call('GET', `${CONFIG_MAPS}/a?pretty=true`, undefined, yaml)).text).toBe(plain.text);
    const protobuf = { accept: 'application/vnd.kubernetes.protobuf' };
    const message = await api.call('GET', `${CONFIG_MAPS}/a`, undefined, protobuf);
    const asked = await api.call('GET', `${CONFIG_MAPS}/a`, undefined, { ...protobuf, ...CURL });
    expect(asked.text).toBe(message.text);
  });

  it('of every verb, of tables and lists, of errors and discovery', async () => {
    const merge = { 'content-type': 'application/merge-patch+json', ...CURL };
    const table = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1', ...CURL };
    const answers = [
      await api.call('POST', DEPLOYMENTS, deployment('d'), CURL),
      await api.call('PATCH', `${DEPLOYMENTS}/d`, { spec: { replicas: 2 } }, merge),
      await api.call('PUT', `${DEPLOYMENTS}/d`, deployment('d', 3), CURL),
      await api.call('PATCH', `${DEPLOYMENTS}/d/status`, { status: { replicas: 1 } }, merge),
      await api.call('GET', `${DEPLOYMENTS}/d/scale`, undefined, CURL),
      await api.call('GET', DEPLOYMENTS, undefined, CURL),
      await api.call('GET', `${CONFIG_MAPS}?labelSelector=none`, undefined, CURL),
      await api.call('GET', `${CONFIG_MAPS}`, undefined, table),
      await api.call('GET', `${CONFIG_MAPS}/a`, undefined, table),
      await api.call('GET', `${CONFIG_MAPS}/nothing`, undefined, CURL),
      await api.call('DELETE', `${DEPLOYMENTS}/d`, undefined, CURL),
      await api.call('GET', '/api/v1', undefined, CURL),
      await api.call('GET', '/apis', undefined, CURL),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, ...Array(8).fill(200), 404, 200, 200, 200]);
    for (const { text, body } of answers) expect(text).toBe(shown(body));
  });

  it('over a socket, and its events are not', async () => {
    const server = await startListening();
    const get = (path: string) => fetch(`${server.url}${path}`, { headers: CURL });
    const list = await (await get('/api/v1/namespaces')).text();
    expect(list).toBe(shown(JSON.parse(list)));
    const watch = await get('/api/v1/namespaces?watch=true');
    const first = await watch.body?.getReader().read();
    const [event = ''] = Buffer.from(first?.value ?? [])
      .toString('utf8')
      .split('\n');
    expect(event).toBe(JSON.stringify(JSON.parse(event)));
    expect(JSON.parse(event).type).toBe('ADDED');
    await server.stop();
  });
});

describe('the indenter', () => {
  const tree = (random: Prng, depth: number): unknown => {
    const kind = random.uint32() % (depth > 4 ? 4 : 6);
    const texts = ['', 'a', '"', '\\', '\\"', '{[,:]}', 'ü\u2028', ' \n'];
    const length = random.uint32() % 4;
    switch (kind) {
      case 0:
        return texts[random.uint32() % texts.length];
      case 1:
        return (random.uint32() % 100) / 7;
      case 2:
        return random.uint32() % 2 === 0;
      case 3:
        return null;
      case 4:
        return Array.from({ length }, () => tree(random, depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length }, (_, at) => [`${at}${texts[at] ?? ''}k`, tree(random, depth + 1)]),
        );
    }
  };

  it('writes what JSON.stringify writes, wherever the text is cut, and whatever spaces it has', () => {
    const random = prng(11);
    for (let time = 0; time < 2_000; time++) {
      const value = tree(random, 0);
      const bytes = Buffer.from(
        random.uint32() % 2 === 0 ? JSON.stringify(value) : `${JSON.stringify(value, null, 1)}\n`,
      );
      expect(indented(bytes).toString('utf8')).toBe(shown(value));
      const cut = random.uint32() % (bytes.length + 1);
      const { parts, lengthBytes } = indentedParts({
        parts: [bytes.subarray(0, cut), bytes.subarray(cut)],
        lengthBytes: bytes.length,
      });
      expect(Buffer.concat([...parts]).toString('utf8')).toBe(shown(value));
      expect(lengthBytes).toBeUndefined();
    }
  });

  it('does not go on to the right forever', () => {
    const deep = `${'['.repeat(200)}1,1${']'.repeat(200)}`;
    const widest = Math.max(
      ...indented(deep)
        .toString('utf8')
        .split('\n')
        .map((line) => line.length),
    );
    expect(widest).toBe(2 * PRETTY_LEVELS_MAX + 2);
    expect(JSON.parse(indented(deep).toString('utf8'))).toEqual(JSON.parse(deep));
  });
});
