// What watchers of one batch of events share of its encoding, and what they do not.
import { describe, expect, it } from 'vitest';
import { createApiRegistry } from '../../src/api/index.ts';
import { type Shape, shapeFor } from '../../src/apiserver/handlers/shape.ts';
import { PLAIN_JSON } from '../../src/apiserver/http/negotiate.ts';
import { objectKey } from '../../src/apiserver/storage/keys.ts';
import { encodeEvent, encodeEvents } from '../../src/apiserver/watch/events.ts';
import { JSON_LINES, PROTOBUF_FRAMES } from '../../src/apiserver/watch/framing.ts';
import { defined } from '../../src/lib/index.ts';
import type { Revision, StoredObject, WatchEvent } from '../../src/store/index.ts';
import { CONFIG_MAPS, configMap, testApi } from './harness.ts';

const CONFIG_MAP = defined(createApiRegistry().find('', 'v1', 'configmaps'), 'config maps');

const object = { bytes: Buffer.from('{"kind":"Pod"}') } as unknown as StoredObject;
const batchOf = (...types: WatchEvent['type'][]): readonly WatchEvent[] =>
  types.map((type, at) => ({ type, revision: (at + 1) as Revision, object, previous: undefined }));
/** Shared shapes are of pods, the others of tables. `made` counts what was encoded. */
const shapeOf = (isShared: boolean): Shape & { made: number } => ({
  made: 0,
  isShared,
  framing: JSON_LINES,
  object() {
    this.made += 1;
    return Buffer.from(isShared ? '{"kind":"Pod"}' : '{"kind":"Table"}');
  },
  list: () => ({ parts: [], lengthBytes: 0 }),
  bookmark: () => Buffer.from('{}'),
});
const textOf = (lines: readonly Uint8Array[]): string => Buffer.concat(lines).toString();

describe('the lines of a batch of watch events', () => {
  it('are made once for watchers who ask for the same form', () => {
    const shape = shapeOf(true);
    const batch = batchOf('added', 'modified');
    const lines = encodeEvents(batch, shape);
    expect(textOf(lines)).toBe(
      '{"type":"ADDED","object":{"kind":"Pod"}}\n{"type":"MODIFIED","object":{"kind":"Pod"}}\n',
    );
    expect(encodeEvents(batch, shape)).toBe(lines);
  });

  it('are made once for each form, though watchers of several forms take turns', () => {
    const forms = [shapeOf(true), { ...shapeOf(true), framing: PROTOBUF_FRAMES }];
    const batch = batchOf('added');
    for (let round = 0; round < 3; round++) for (const form of forms) encodeEvents(batch, form);
    // Watchers with selectors see the object, not the batch.
    for (let round = 0; round < 3; round++) for (const form of forms) encodeEvent({ type: 'added', object }, form);
    expect(forms.map(({ made }) => made)).toEqual([1, 1]);
  });

  it('are the same bytes for all watchers in protobuf, of a version that is decoded and encoded once', async () => {
    const api = await testApi();
    await api.call('POST', CONFIG_MAPS, configMap('seen'));
    const key = objectKey(CONFIG_MAP, 'default', 'seen');
    const stored = defined(api.store.snapshot().get(key), 'the config map');
    for (const as of ['object', 'metadata'] as const) {
      const asked = { ...PLAIN_JSON, encoding: 'protobuf', as } as const;
      const shapes = [1, 2, 3].map(() => shapeFor(CONFIG_MAP, asked, new URLSearchParams(), api.clock));
      const seen = shapes.map((shape) => encodeEvent({ type: 'added', object: stored }, shape));
      expect(new Set(seen).size).toBe(1);
      expect(Buffer.from(defined(seen[0], 'an event')).toString('latin1')).toContain('k8s\0');
    }
  });

  it('are those of its own form for each watcher, in whatever order they ask', () => {
    const [plain, table] = [shapeOf(true), shapeOf(false)];
    const batch = batchOf('added');
    const texts = [plain, table, plain, table].map((shape) => textOf(encodeEvents(batch, shape)));
    const [pod, row] = ['Pod', 'Table'].map((kind) => `{"type":"ADDED","object":{"kind":"${kind}"}}\n`);
    expect(texts).toEqual([pod, row, pod, row]);
  });

  it('are of that batch and no other with the same objects', () => {
    const shape = shapeOf(true);
    const [first, second] = [batchOf('added'), batchOf('deleted')].map((batch) => textOf(encodeEvents(batch, shape)));
    expect(first).toContain('"ADDED"');
    expect(second).toContain('"DELETED"');
  });
});
