// The state over HTTP: for administrators, whole, a few at a time, and not for clients that take nothing.
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/apiserver/http/app.ts';
import { SNAPSHOT_IDLE_LIMIT_MS, SNAPSHOTS_LIMIT } from '../../src/apiserver/limits.ts';
import { readStateStream } from '../../src/store/index.ts';
import { CONFIG_MAPS, configMap, testApi } from './harness.ts';

const PATH = '/quorate/v1/snapshot';

async function keysOf(response: Response): Promise<number> {
  let count = 0;
  for await (const _ of readStateStream(response.body as unknown as AsyncIterable<Uint8Array>)) count += 1;
  return count;
}

describe('GET /quorate/v1/snapshot', () => {
  it('streams the state, which says itself that it is whole', async () => {
    const api = await testApi();
    const app = createApp(api.context);
    const before = await keysOf(await app.request(PATH));
    await api.call('POST', CONFIG_MAPS, configMap('one'));
    expect(await keysOf(await app.request(PATH))).toBe(before + 1);
  });

  it('is for administrators only', async () => {
    const user = { name: 'joe', uid: '', groups: ['system:authenticated'], extra: {} };
    const api = await testApi({ authentication: { staticTokens: new Map([['secret', user]]) } });
    const as = (headers: Record<string, string>) => api.call('GET', PATH, undefined, headers);
    expect((await as({ authorization: 'Bearer secret' })).status).toBe(403);
    expect((await as({})).status).toBe(401);
  });

  it('is sent to a few at a time, and one that ends makes room', async () => {
    const api = await testApi();
    const app = createApp(api.context);
    const open = await Promise.all(Array.from({ length: SNAPSHOTS_LIMIT }, async () => app.request(PATH)));
    expect((await app.request(PATH)).status).toBe(429);
    await open[0]?.body?.cancel();
    expect((await app.request(PATH)).status).toBe(200);
  });

  it('is given up when nobody takes it, so that it holds nothing of the database', async () => {
    const api = await testApi();
    const app = createApp(api.context);
    const response = await app.request(PATH);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    api.clock.advance(SNAPSHOT_IDLE_LIMIT_MS);
    await expect(keysOf(response)).rejects.toThrow('given up');
    expect(api.context.streams.size).toBe(0);
  });
});
