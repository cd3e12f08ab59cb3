// Lists of many megabytes, over a real socket: they arrive whole in every form, and nobody waits for them.
import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slicesOf } from '../../src/apiserver/http/stream.ts';
import { type ApiServer, createApiServer } from '../../src/apiserver/index.ts';
import { STREAM_SLICE_BYTES } from '../../src/apiserver/limits.ts';
import { systemClock } from '../../src/lib/index.ts';
import { createMemoryStore, type ObjectStore } from '../../src/store/index.ts';
import { CONFIG_MAPS, configMap, testOptions } from './harness.ts';

const OBJECTS = 24;
const PAYLOAD_BYTES = 300_000;

let server: ApiServer;
let store: ObjectStore;
let url: string;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Received> {
  return new Promise((resolve, reject) => {
    request(url, { path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, bytes: Buffer.concat(chunks) }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

/** Begins a request and breaks it off when the first bytes have come. */
function leaveAfterFirstBytes(path: string): Promise<void> {
  return new Promise((resolve) => {
    const asked: ClientRequest = request(url, { path, agent: false }, (response) => {
      response.once('data', () => {
        asked.destroy();
        resolve();
      });
    });
    asked.on('error', () => {}).end();
  });
}

beforeAll(async () => {
  const clock = systemClock();
  store = createMemoryStore({ clock });
  await store.start();
  server = createApiServer(testOptions(store, { clock }));
  ({ url } = await server.start());
  // The leader's first duty: until then there is no namespace to create in.
  while (JSON.parse((await ask('GET', '/api/v1/namespaces/default')).bytes.toString()).kind === 'Status')
    await new Promise(setImmediate);
  const payload = 'ä'.repeat(PAYLOAD_BYTES / 2);
  for (let i = 0; i < OBJECTS; i++) {
    const body = JSON.stringify({ ...configMap(`big-${i}`), data: { payload } });
    await ask('POST', CONFIG_MAPS, { 'content-type': 'application/json' }, body);
  }
});

afterAll(async () => {
  await server.stop();
  await store.stop();
});

describe('a long list', () => {
  it('arrives whole, with its length told beforehand', async () => {
    const { headers, bytes } = await ask('GET', CONFIG_MAPS);
    expect(Number(headers['content-length'])).toBe(bytes.length);
    expect(bytes.length).toBeGreaterThan(OBJECTS * PAYLOAD_BYTES);
    expect(namesIn(bytes)).toContain(`big-${OBJECTS - 1}`);
    expect(namesIn(bytes).filter((name) => name.startsWith('big-'))).toHaveLength(OBJECTS);
  });

  it('arrives compressed for those who accept that', async () => {
    const { headers, bytes } = await ask('GET', CONFIG_MAPS, { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('gzip');
    expect(namesIn(gunzipSync(bytes)).filter((name) => name.startsWith('big-'))).toHaveLength(OBJECTS);
  });

  it('arrives as a table whose objects are whole', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { bytes } = await ask('GET', `${CONFIG_MAPS}?includeObject=Object`, { accept });
    const { rows } = JSON.parse(bytes.toString()) as { rows: { object: { data?: { payload?: string } } }[] };
    expect(rows.filter(({ object }) => object.data?.payload?.length === PAYLOAD_BYTES / 2)).toHaveLength(OBJECTS);
  });

  it('is given up when its client leaves, and the next one is served', async () => {
    await leaveAfterFirstBytes(CONFIG_MAPS);
    const { bytes } = await ask('GET', CONFIG_MAPS);
    expect(namesIn(bytes).filter((name) => name.startsWith('big-'))).toHaveLength(OBJECTS);
  });
});

describe('slices', () => {
  const parts = (count: number, bytes: number): Buffer[] =>
    Array.from({ length: count }, (_, i) => Buffer.alloc(bytes, i));

  it('join parts until they are long enough', () => {
    const slices = [...slicesOf(parts(10, STREAM_SLICE_BYTES / 4), () => 0)];
    expect(slices.map(({ length }) => length)).toEqual([
      STREAM_SLICE_BYTES,
      STREAM_SLICE_BYTES,
      STREAM_SLICE_BYTES / 2,
    ]);
    expect(Buffer.concat(slices).equals(Buffer.concat(parts(10, STREAM_SLICE_BYTES / 4)))).toBe(true);
  });

  it('end early when their parts take long to make', () => {
    let nowMs = 0;
    const slow = function* (): Generator<Uint8Array> {
      for (const part of parts(6, 10)) {
        nowMs += 5;
        yield part;
      }
    };
    expect([...slicesOf(slow(), () => nowMs)].map(({ length }) => length)).toEqual([20, 20, 20]);
  });
});

function namesIn(bytes: Buffer): string[] {
  const { items } = JSON.parse(bytes.toString()) as { items: { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}
