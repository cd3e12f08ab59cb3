// What watchers of one batch of events share of its encoding, and what they do not.
import { describe, expect, it } from 'vitest';
import type { Shape } from '../../src/apiserver/handlers/shape.ts';
import { encodeEvents } from '../../src/apiserver/watch/events.ts';
import type { Revision, StoredObject, WatchEvent } from '../../src/store/index.ts';

const object = { bytes: Buffer.from('{"kind":"Pod"}') } as unknown as StoredObject;
const batchOf = (...types: WatchEvent['type'][]): readonly WatchEvent[] =>
  types.map((type, at) => ({ type, revision: (at + 1) as Revision, object, previous: undefined }));
const shapeOf = (isVerbatim: boolean): Shape =>
  ({ verbatim: () => isVerbatim, object: () => Buffer.from('{"kind":"Table"}') }) as unknown as Shape;
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
