// Bodies and answers in protobuf, YAML and compressed, over real sockets: what a program in Go does with every kind that is
// served comes to the same as JSON.
import { type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import {
  apiSchema,
  createApiRegistry,
  groupVersion,
  hasMessage,
  type JsonObject,
  type KubeObject,
  type ResourceDefinition,
} from '../../src/api/index.ts';
import { decodeProtobuf } from '../../src/api/protobuf/decode.ts';
import { messageOf } from '../../src/api/protobuf/messages.ts';
import { envelopedMessage, messageIn, readReflected, sentByGo } from '../support/protobuf-reflection.ts';
import { CONFIG_MAPS, configMap, deployment, PODS, pod } from './harness.ts';
import { type ListeningServer, startListening } from './listening.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const WATCH_EVENT = 'k8s.io.apimachinery.pkg.apis.meta.v1.WatchEvent';

let server: ListeningServer;
let url: string;

interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Of answers in JSON and protobuf. */
  readonly body: JsonObject;
}

type Headers = Record<string, string>;

function ask(method: string, path: string, headers: Headers = {}, body: Uint8Array | string = ''): Promise<Received> {
  return new Promise((resolve, reject) => {
    request(url, { path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, bytes, body: bodyOf(received, bytes) });
      });
      response.on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function bodyOf({ 'content-type': contentType = '', ...headers }: IncomingHttpHeaders, bytes: Buffer): JsonObject {
  if (headers['content-encoding'] !== undefined) return {};
  if (contentType === PROTOBUF) return decodeProtobuf(bytes);
  return contentType.startsWith('application/json') && bytes[0] === 0x7b ? JSON.parse(bytes.toString()) : {};
}

const inProtobuf: Headers = { accept: PROTOBUF, 'content-type': PROTOBUF };

/** As Go programs do it: every field that is no pointer is sent, zero or not. */
function askAsGo(method: string, path: string, object?: KubeObject): Promise<Received> {
  return ask(method, path, inProtobuf, object === undefined ? '' : sentByGo(object));
}

interface ProtobufWatch {
  readonly contentType: string;
  next(): Promise<{ type: string; object: JsonObject }>;
  close(): void;
}

function watchInProtobuf(path: string, accept = PROTOBUF): Promise<ProtobufWatch> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { path, headers: { accept }, agent: false }, (response) => {
      const chunks = response[Symbol.asyncIterator]();
      let rest = Buffer.alloc(0);
      const take = async (bytes: number): Promise<Buffer> => {
        while (rest.length < bytes) {
          const { value, done } = await chunks.next();
          if (done === true) throw new Error('the watch has ended');
          rest = Buffer.concat([rest, value as Buffer]);
        }
        const taken = rest.subarray(0, bytes);
        rest = rest.subarray(bytes);
        return taken;
      };
      resolve({
        contentType: response.headers['content-type'] ?? '',
        next: async () => eventIn(await take((await take(4)).readUInt32BE())),
        close: () => void asked.destroy(),
      });
    });
    asked.on('error', reject).end();
  });
}

function eventIn(frame: Uint8Array): { type: string; object: JsonObject } {
  const { type, object } = readReflected(WATCH_EVENT, frame) as { type: string; object: { raw: string } };
  return { type, object: decodeProtobuf(Buffer.from(object.raw, 'base64')) };
}

beforeAll(async () => {
  server = await startListening();
  ({ url } = server);
});

afterAll(() => server.stop());

const SPECS: Readonly<Record<string, object>> = {
  pods: pod('go'),
  deployments: deployment('go'),
  replicasets: { ...deployment('go'), kind: 'ReplicaSet' },
  services: { spec: { ports: [{ port: 80, targetPort: 'http' }], selector: { app: 'web' } } },
  secrets: { type: 'Opaque', data: { key: 'dmFsdWU=' } },
  configmaps: { data: { a: 'b' }, binaryData: { c: 'AAEC' } },
  leases: { spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.000006Z' } },
  endpointslices: {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }],
    ports: [],
  },
  nodes: { spec: { podCIDR: '10.1.0.0/24' }, status: { capacity: { cpu: '4', memory: '1Gi' } } },
};

/** A body of a kind: from the list above, else with the fields that the schema requires. */
function bodyFor(definition: ResourceDefinition): KubeObject {
  const { group, version, kind, plural, schema } = definition;
  const object = { ...required(schema), ...SPECS[plural], apiVersion: groupVersion(group, version), kind };
  return { ...object, metadata: { name: 'go', labels: { written: 'by-go' } } };
}

function required(typeName: string): JsonObject {
  const object: JsonObject = {};
  for (const [name, { shape, required: needed }] of apiSchema().type(typeName)?.fields ?? [])
    if (needed && shape.kind === 'type') object[name] = required(shape.type);
    else if (needed && shape.kind === 'scalar') object[name] = shape.scalar === 'string' ? 'x' : 1;
  return object;
}

function pathOf({ group, version, plural, namespaced }: ResourceDefinition): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? '/namespaces/default' : ''}/${plural}`;
}

/** In protobuf only the list says which kind its items are of. */
function withoutItemKinds(list: JsonObject): JsonObject {
  const items = (list['items'] ?? []) as JsonObject[];
  return { ...list, items: items.map(({ kind, apiVersion, ...rest }) => rest) };
}

const WRITABLE = createApiRegistry()
  .all()
  .filter(
    ({ group, version, kind, verbs }) =>
      ['create', 'update', 'list', 'watch'].every((verb) => verbs.includes(verb as 'create')) &&
      hasMessage(groupVersion(group, version), kind),
  );

describe.each(WRITABLE)('$kind of $group $version, as programs in Go use it', (definition) => {
  it('is created, updated, listed and watched in protobuf, and is the same in JSON', async () => {
    const collection = pathOf(definition);
    const at = (await ask('GET', collection)).body['metadata'] as { resourceVersion: string };
    const watch = await watchInProtobuf(`${collection}?watch=true&resourceVersion=${at.resourceVersion}`);
    expect(watch.contentType).toBe(`${PROTOBUF};stream=watch`);

    const created = await askAsGo('POST', collection, bodyFor(definition));
    if (created.status !== 201 && SPECS[definition.plural] === undefined) {
      // What is required beyond the schema's own is not known here: the kind refused it, in words that are protobuf too.
      expect(created.status).toBeLessThan(500);
      expect(created.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: created.status });
      watch.close();
      return;
    }
    expect(created.body).toMatchObject({ kind: definition.kind, metadata: { name: 'go' } });
    expect([created.status, created.headers['content-type']]).toEqual([201, PROTOBUF]);
    const json = (): Promise<Received> => ask('GET', `${collection}/go`);
    expect(created.body).toEqual((await json()).body);

    const changed = { ...created.body } as KubeObject;
    changed.metadata = { ...changed.metadata, annotations: { again: 'yes' } };
    const updated = await askAsGo('PUT', `${collection}/go`, changed);
    expect(updated.status).toBe(200);
    expect(updated.body).toEqual((await json()).body);
    // The same once more changes nothing.
    const again = await askAsGo('PUT', `${collection}/go`, updated.body as KubeObject);
    expect(again.body).toEqual(updated.body);

    const [listed, listedJson] = [await askAsGo('GET', collection), await ask('GET', collection)];
    expect(Number(listed.headers['content-length'])).toBe(listed.bytes.length);
    expect(listed.body).toEqual(withoutItemKinds(listedJson.body));

    expect(await nextNamed(watch)).toEqual({ type: 'ADDED', object: created.body });
    expect(await nextNamed(watch)).toEqual({ type: 'MODIFIED', object: updated.body });
    watch.close();
  });
});

/** Other objects of the kind may change meanwhile: the server has some of its own. */
async function nextNamed(watch: ProtobufWatch): Promise<{ type: string; object: JsonObject }> {
  for (;;) {
    const event = await watch.next();
    if ((event.object['metadata'] as { name?: string }).name === 'go') return event;
  }
}

describe('answers in protobuf', () => {
  it('are what an independent reader of the messages finds in them', async () => {
    const { bytes } = await askAsGo('GET', `${PODS}/go`);
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('k8s\0');
    expect(readReflected(messageOf('v1', 'Pod'), messageIn(bytes))).toMatchObject({
      metadata: { name: 'go', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'busybox:1.35' }], terminationGracePeriodSeconds: '30' },
    });
  });

  it('tell of failures as Status, and of what was deleted', async () => {
    const missing = await askAsGo('GET', `${PODS}/missing`);
    expect([missing.status, missing.headers['content-type']]).toEqual([404, PROTOBUF]);
    expect(missing.body).toMatchObject({ kind: 'Status', reason: 'NotFound', details: { name: 'missing' }, code: 404 });
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 } as KubeObject;
    await ask('POST', CONFIG_MAPS, { 'content-type': 'application/json' }, JSON.stringify(configMap('gone')));
    const deleted = await askAsGo('DELETE', `${CONFIG_MAPS}/gone`, options);
    expect(deleted.body).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'gone' } });
    expect(deleted.headers['content-type']).toBe(PROTOBUF);
  });

  it.each(['/api', '/apis', '/api/v1', '/apis/apps', '/apis/apps/v1'])('tell what there is at %s', async (path) => {
    const [found, json] = [await ask('GET', path, { accept: PROTOBUF }), await ask('GET', path)];
    expect(found.headers['content-type']).toBe(PROTOBUF);
    expect(found.body).toMatchObject({ ...json.body, apiVersion: 'v1' });
    expect(parse((await ask('GET', path, { accept: 'application/yaml' })).bytes.toString())).toEqual(json.body);
  });

  it('have what subresources and reviews speak, in both directions', async () => {
    const scale = '/apis/apps/v1/namespaces/default/deployments/go/scale';
    const read = await askAsGo('GET', scale);
    expect(read.body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 1 } });
    const scaled = await askAsGo('PUT', scale, { ...read.body, ...{ spec: { replicas: 0 } } } as KubeObject);
    expect([scaled.status, scaled.body['kind']]).toEqual([200, 'Scale']);
    const object = (await ask('GET', '/apis/apps/v1/namespaces/default/deployments/go')).body;
    expect(object).toMatchObject({ spec: { replicas: 0 } });

    const token = '/api/v1/namespaces/default/serviceaccounts/go/token?dryRun=All';
    const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', ...{ spec: { audiences: ['me'] } } };
    expect((await askAsGo('POST', token, asked)).body).toMatchObject({
      kind: 'TokenRequest',
      spec: { audiences: ['me'], expirationSeconds: 3_600 },
    });

    const subject = {
      user: 'jane',
      extra: { scopes: ['a', 'b'] },
      resourceAttributes: { verb: 'get', resource: 'pods' },
    };
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', ...{ spec: subject } };
    const reviewed = await askAsGo('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    expect(reviewed.body).toMatchObject({ kind: 'SubjectAccessReview', spec: subject, status: {} });

    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'evicted', namespace: 'default' } };
    await askAsGo('POST', PODS, pod('evicted'));
    const evicted = await askAsGo('POST', `${PODS}/evicted/eviction`, eviction);
    expect(evicted.body).toMatchObject({ kind: 'Status', status: 'Success', code: 201 });
  });

  it('have metadata alone where that is asked for, in watches too', async () => {
    const asked = `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
    const list = await ask('GET', CONFIG_MAPS, { accept: asked });
    expect(list.headers['content-type']).toBe(PROTOBUF);
    expect(list.body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect((list.body['items'] as JsonObject[]).map((item) => Object.keys(item))).toContainEqual(['metadata']);
    const older = await ask('GET', CONFIG_MAPS, { accept: asked.replace('v=v1', 'v=v1beta1') });
    expect({ ...older.body, apiVersion: 'meta.k8s.io/v1' }).toEqual(list.body);

    const watched = `${PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
    const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await watchInProtobuf(`${CONFIG_MAPS}?watch=true&${initial}`, watched);
    let event = await watch.next();
    for (; event.type === 'ADDED'; event = await watch.next())
      expect(event.object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
    expect(event).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'PartialObjectMetadata', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    watch.close();
  });

  it('go over a WebSocket as one message of bytes for each event', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${PODS}?watch=true`, { headers: { accept: PROTOBUF } });
    const [data, isBinary] = await new Promise<[Buffer, boolean]>((resolve) => {
      socket.once('message', (message: Buffer, binary: boolean) => resolve([message, binary]));
    });
    socket.terminate();
    expect(isBinary).toBe(true);
    expect(eventIn(data)).toMatchObject({ type: 'ADDED', object: { kind: 'Pod', apiVersion: 'v1' } });
  });

  it('of a long list come whole, with their length told beforehand, and compressed where that is offered', async () => {
    const payload = 'payload '.repeat(20_000);
    for (const name of ['long-1', 'long-2', 'long-3', 'long-4'])
      await askAsGo('POST', CONFIG_MAPS, configMap(name, { payload }) as KubeObject);
    const plain = await askAsGo('GET', CONFIG_MAPS);
    expect(Number(plain.headers['content-length'])).toBe(plain.bytes.length);
    expect(plain.body).toEqual(withoutItemKinds((await ask('GET', CONFIG_MAPS)).body));
    const small = await ask('GET', CONFIG_MAPS, { accept: PROTOBUF, 'accept-encoding': 'deflate, gzip;q=0.5' });
    expect(small.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(gunzipSync(small.bytes).equals(plain.bytes)).toBe(true);
    const refused = await ask('GET', CONFIG_MAPS, { accept: PROTOBUF, 'accept-encoding': 'gzip;q=0' });
    expect(refused.headers['content-encoding']).toBeUndefined();
    const few = await ask('GET', PODS, { 'accept-encoding': 'gzip' });
    expect(few.headers['content-encoding']).toBeUndefined();
  });
});

describe('the Accept header', () => {
  const TABLE = 'as=Table;v=v1;g=meta.k8s.io';
  const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

  it.each([
    [`${PROTOBUF}, application/json`, PROTOBUF],
    [`${PROTOBUF};q=0.5, application/json`, 'application/json'],
    [`*/*;q=0.8, ${PROTOBUF}`, PROTOBUF],
    [`*/*, ${PROTOBUF}`, PROTOBUF],
    ['text/html, */*', 'application/json'],
    ['image/png, application/*', 'application/json'],
    [
      `${PROTOBUF};${TABLE}, application/json;${TABLE}, application/json`,
      `application/json;as=Table;g=meta.k8s.io;v=v1`,
    ],
    [`${PROTOBUF};${TABLE}, ${PROTOBUF}`, PROTOBUF],
    ['application/yaml;stream=watch, application/json', 'application/json'],
    [`${PROTOBUF};stream=other, application/yaml`, 'application/yaml'],
  ])('%s is answered with %s', async (accept, contentType) => {
    const { status, headers } = await ask('GET', PODS, { accept });
    expect([status, headers['content-type']]).toEqual([200, contentType]);
  });

  it.each([
    [
      'nothing that is offered',
      'GET',
      PODS,
      'image/png',
      'application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      'a table in protobuf',
      'GET',
      PODS,
      `${PROTOBUF};${TABLE}`,
      'application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      'a table of what has no columns',
      'POST',
      REVIEWS,
      `application/json;${TABLE}`,
      'application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      'a stream of YAML',
      'GET',
      `${PODS}?watch=true`,
      'application/yaml, application/json',
      'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    ],
  ])('that asks for %s is answered 406, with what there is', async (_what, method, path, accept, accepted) => {
    const body = method === 'GET' ? '' : '{"spec":{"nonResourceAttributes":{"verb":"get","path":"/"}}}';
    const answer = await ask(method, path, { accept, 'content-type': 'application/json' }, body);
    expect(answer.status).toBe(406);
    // What is said of it is in JSON, or in what the client reads after all.
    expect(parse(answer.bytes.toString())).toMatchObject({
      kind: 'Status',
      reason: 'NotAcceptable',
      message: `only the following media types are accepted: ${accepted}`,
      code: 406,
    });
  });
});

describe('bodies', () => {
  it('of a type that nobody reads are refused with 415, with what is read', async () => {
    const answer = await ask('POST', CONFIG_MAPS, { 'content-type': 'application/xml' }, '<a/>');
    expect(answer.body).toMatchObject({
      reason: 'UnsupportedMediaType',
      code: 415,
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    });
  });

  it('in protobuf with raw JSON that reaches for a prototype, or nests without end, are refused or pruned', async () => {
    const raw = (text: string): Uint8Array => {
      const fieldsV1 = { Raw: Buffer.from(text) };
      const managedFields = [{ manager: 'm', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1 }];
      return envelopedMessage('v1', 'ConfigMap', { metadata: { name: 'raw', managedFields } });
    };
    const deep = await ask('POST', CONFIG_MAPS, inProtobuf, raw(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`));
    expect(deep.body).toMatchObject({ code: 400, message: 'the body nests deeper than 200 levels' });
    const reaching = await ask('POST', CONFIG_MAPS, inProtobuf, raw('{"__proto__":{"polluted":true},"f:data":{}}'));
    expect(reaching.status).toBe(201);
    expect(JSON.stringify(reaching.body)).not.toContain('polluted');
  });

  it('and answers in YAML are what JSON says', async () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: "yes", b: "0644", c: "1:30", d: "~"}\n';
    const yaml = { accept: 'application/yaml', 'content-type': 'application/yaml' };
    const created = await ask('POST', CONFIG_MAPS, yaml, text);
    expect([created.status, created.headers['content-type']]).toEqual([201, 'application/yaml']);
    const json = (await ask('GET', `${CONFIG_MAPS}/yaml`)).body;
    for (const version of ['1.1', '1.2'] as const) expect(parse(created.bytes.toString(), { version })).toEqual(json);
    const [list, listJson] = [await ask('GET', CONFIG_MAPS, yaml), await ask('GET', CONFIG_MAPS)];
    expect(parse(list.bytes.toString())).toEqual(listJson.body);
    const none = '/api/v1/namespaces/kube-public/pods';
    expect(parse((await ask('GET', none, yaml)).bytes.toString())).toEqual((await ask('GET', none)).body);
    const table = { accept: 'application/yaml;as=Table;v=v1;g=meta.k8s.io' };
    expect(parse((await ask('GET', PODS, table)).bytes.toString())).toMatchObject({ kind: 'Table' });
    expect(parse((await ask('GET', `${PODS}/missing`, yaml)).bytes.toString())).toMatchObject({ reason: 'NotFound' });
  });

  it('in YAML whose aliases multiply are refused', async () => {
    const levels = [...'bcdefghij'].map((name, at) => `${name}: &${name} [${`*${'abcdefghij'[at]},`.repeat(9)}]`);
    const bomb = `apiVersion: v1\nkind: ConfigMap\na: &a [x,x,x,x,x,x,x,x,x]\n${levels.join('\n')}\n`;
    const answer = await ask('POST', CONFIG_MAPS, { 'content-type': 'application/yaml' }, bomb);
    expect(answer.body).toMatchObject({ kind: 'Status', reason: 'RequestEntityTooLarge', code: 413 });
  });
});
