// The whole API server on garbage: random verbs on every resource, bodies in every media type, patches, selectors, options and headers.
// Never a 500, never an answer out of proportion to what was asked, never a word of, or a change to, what lies in another namespace.
import { afterAll, describe, expect, it } from 'vitest';
import { hasMessage, type KubeObject, type ResourceDefinition } from '../../src/api/index.ts';
import { encodeProtobuf } from '../../src/api/protobuf/encode.ts';
import { toYaml } from '../../src/apiserver/http/yaml.ts';
import { type Prng, prng } from '../../src/lib/index.ts';
import { configMap, deployment, pod, type TestApi, testApi } from '../apiserver/harness.ts';
import { inputs, jsonPatch, mutated, SEED, Tally, text, tree } from './garbage.ts';

const MARK = 'hidden-from-everyone';
const OTHER = '/api/v1/namespaces/other';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
/** Characters of the answer for a byte of the body, above what any answer may have. */
const AMPLIFICATION_LIMIT = 100;
const ANSWER_CHARACTERS = 400_000;

const PARAMETERS: readonly string[] = [
  ...[
    'limit',
    'continue',
    'labelSelector',
    'fieldSelector',
    'dryRun',
    'fieldValidation',
    'gracePeriodSeconds',
    'pretty',
  ],
  ...[
    'resourceVersion',
    'resourceVersionMatch',
    'propagationPolicy',
    'orphanDependents',
    'fieldManager',
    'force',
    'timeout',
  ],
  ...['container', 'tailLines', 'command', 'path', 'includeObject', 'allowWatchBookmarks', 'sendInitialEvents'],
];
const ARGUMENTS: readonly string[] = [
  ...[
    '1',
    '0',
    '-1',
    'All',
    'Strict',
    'Exact',
    'Background',
    'true',
    'a=b',
    'a in (b)',
    '!a',
    'metadata.namespace=other',
  ],
  ...['metadata.name=hidden', 'metadata.name!=a', '9'.repeat(20), forged('configmaps/other/'), forged('')],
];
const ACCEPTS: readonly string[] = [
  ...['application/json', 'application/yaml', PROTOBUF, '*/*', 'application/json;as=Table;g=meta.k8s.io;v=v1'],
  ...['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'],
];
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
const NAMES = ['a', 'b', 'default', 'kubernetes', 'x%2Fy', '..%2Fother', '%2e%2e', 'hidden', 'A'];

function forged(after: string): string {
  return Buffer.from(JSON.stringify({ v: 'quorate/v1', rv: 0, after })).toString('base64url');
}

function example(random: Prng, { kind, group, version }: ResourceDefinition): KubeObject {
  if (kind === 'Pod') return pod(random.pick(['a', 'b']));
  if (kind === 'Deployment') return deployment(random.pick(['a', 'b'])) as KubeObject;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const rest = tree(random, 4);
  return { ...(typeof rest === 'object' ? rest : {}), apiVersion, kind, metadata: { name: random.pick(['a', 'b']) } };
}

function body(random: Prng, definition: ResourceDefinition): { readonly type: string; readonly bytes: Uint8Array } {
  const type = random.pick(['application/json', 'application/json', 'application/yaml', PROTOBUF, 'text/plain']);
  const object = example(random, definition);
  const isMessage = type === PROTOBUF && (definition.kind === 'Pod' || definition.kind === 'Deployment');
  const good =
    isMessage && hasMessage(object.apiVersion ?? '', object.kind ?? '')
      ? encodeProtobuf(object)
      : Buffer.from(type === 'application/yaml' ? toYaml(object) : JSON.stringify(object));
  return { type, bytes: random.chance(0.3) ? good : mutated(random, good) };
}

function patch(random: Prng): { readonly type: string; readonly bytes: Uint8Array } {
  const type = random.pick(PATCHES);
  const good = Buffer.from(JSON.stringify(type.includes('json-patch') ? jsonPatch(random) : tree(random, 5)));
  return { type, bytes: random.chance(0.8) ? good : mutated(random, good) };
}

function path(
  random: Prng,
  { group, version, plural, namespaced, subresources }: ResourceDefinition,
  method: string,
): string {
  const namespace = namespaced ? '/namespaces/default' : '';
  let result = `${group === '' ? '/api' : `/apis/${group}`}/${version}${namespace}/${plural}`;
  if (method !== 'POST' || random.chance(0.2)) result += random.chance(0.8) ? `/${random.pick(NAMES)}` : '';
  if (random.chance(0.2)) result += `/${random.pick([...subresources.map(({ name }) => name), 'status', 'x'])}`;
  const query = Array.from({ length: random.int(4) }, () => {
    const argument = random.chance(0.8) ? random.pick(ARGUMENTS) : text(random).replaceAll(/[\ud800-\udfff]/g, '');
    return `${random.pick(PARAMETERS)}=${encodeURIComponent(argument)}`;
  });
  return query.length === 0 ? result : `${result}?${query.join('&')}`;
}

/** Another namespace with things that nobody here asks for. */
async function hide(api: TestApi): Promise<void> {
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
  await api.call('POST', `${OTHER}/configmaps`, configMap('hidden', { secret: MARK }));
  await api.call('POST', `${OTHER}/secrets`, { metadata: { name: 'hidden' }, stringData: { secret: MARK } });
  await api.call('POST', `${OTHER}/pods`, pod('hidden', { nodeSelector: { secret: MARK } }));
}

async function hidden(api: TestApi): Promise<string> {
  const kinds = ['configmaps', 'secrets', 'pods'];
  const texts = await Promise.all(kinds.map(async (kind) => (await api.call('GET', `${OTHER}/${kind}/hidden`)).text));
  return texts.join('\n');
}

describe('any request', () => {
  const tally = new Tally();
  afterAll(() => tally.report('requests', 'characters answered per byte sent'));

  it('is answered without an internal error, in proportion, and from its own namespace alone', async () => {
    const api = await testApi();
    const random = prng(SEED + 51);
    await hide(api);
    const before = await hidden(api);
    expect(before).toContain(MARK);
    // The namespaces themselves may go, and everything in them with them, when somebody asks for it: that is no garbage.
    const definitions = api.context.options.registry.all().filter(({ plural }) => plural !== 'namespaces');
    for (let count = 0; count < inputs(1_200); count++) {
      const definition = random.pick(definitions);
      const method = random.pick(['GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE']);
      const target = path(random, definition, method);
      const sent = method === 'PATCH' ? patch(random) : body(random, definition);
      const headers = { 'content-type': sent.type, accept: random.pick(ACCEPTS) };
      const bytes = method === 'GET' ? undefined : sent.bytes;
      const answer = await api.call(method, target, bytes, headers);
      const shown = `seed ${SEED}: ${method} ${target} ${headers['content-type']} ${Buffer.from(sent.bytes).toString('latin1')}`;
      // What is not there yet is said to be not there (501); waiting for a revision that is to come is a 504.
      expect([500, 502, 503], `${shown} → ${answer.text.slice(0, 500)}`).not.toContain(answer.status);
      expect(answer.text, shown).not.toContain(MARK);
      expect(answer.text, shown).not.toContain(Buffer.from(MARK).toString('base64'));
      expect(answer.text.length, shown).toBeLessThan(ANSWER_CHARACTERS + AMPLIFICATION_LIMIT * sent.bytes.length);
      if (answer.status < 400) tally.accepted();
      else tally.refused(answer.status);
      if (answer.status >= 400) tally.work(answer.text.length, sent.bytes.length + target.length, shown);
    }
    expect(await hidden(api)).toBe(before);
    expect(tally.counts.accepted).toBeGreaterThan(50);
  });
});
