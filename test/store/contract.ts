// The contract of the object store's port: what every backend must do. Each backend's test calls it with a way to make one.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CommandTooLargeError,
  CompactedError,
  FutureRevisionError,
  keyRange,
  type ObjectStore,
  resourceRange,
  StoreStoppedError,
  StoreTimeoutError,
  storeKey,
  type WatchSink,
  type Write,
} from '../../src/store/index.ts';
import {
  committed,
  encoded,
  envelope,
  eventually,
  keysOf,
  NO_ABORT,
  pod,
  put,
  RecordingSink,
  remove,
  rev,
  text,
} from './support.ts';

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** Moves the store's clock. */
  advance(ms: number): void | Promise<void>;
  /** Stops what else was started. */
  stop?(): Promise<void>;
}

const PODS = resourceRange('pods');

export function describeStoreContract(backend: string, make: () => Promise<StoreUnderTest>): void {
  const opened: StoreUnderTest[] = [];
  const open = async (): Promise<StoreUnderTest> => {
    const made = await make();
    opened.push(made);
    return made;
  };
  const stopAll = async (): Promise<void> => {
    for (const made of opened.splice(0)) {
      await made.store.stop();
      await made.stop?.();
    }
  };
  afterEach(stopAll);

  describe(`${backend}: commits`, () => {
    it('returns what was written, with its revision inside the bytes', async () => {
      const { store } = await open();
      const outcome = await committed(store, put(pod('a'), 'one', { app: 'web' }));
      const [object] = outcome.objects;
      expect(object && text(object.bytes)).toBe(encoded('one', outcome.revision));
      expect(object?.envelope.labels).toEqual({ app: 'web' });
      expect(object && text(object.envelope.bytes)).toBe(text(envelope('one').bytes));
      expect(store.snapshot().get(pod('a'))?.revision).toBe(outcome.revision);
    });

    it('keeps the creation revision while the revision grows', async () => {
      const { store } = await open();
      const first = await committed(store, put(pod('a'), 'one'));
      const second = await committed(store, put(pod('a'), 'two'));
      expect(second.revision).toBe(first.revision + 1);
      expect(second.objects[0]?.createRevision).toBe(first.revision);
    });

    it('takes a revision for a write that repeats what is there, because fences count on it', async () => {
      const { store } = await open();
      const first = await committed(store, put(pod('a'), 'same'));
      expect((await committed(store, put(pod('a'), 'same'))).revision).toBe(first.revision + 1);
    });

    it('gives each of several writes its own consecutive revision', async () => {
      const { store } = await open();
      const before = store.snapshot().revision;
      const writes: Write[] = ['a', 'b', 'c'].map((name) => ({
        kind: 'put',
        key: pod(name),
        envelope: envelope(name),
      }));
      const outcome = await committed(store, { conditions: [], writes });
      expect(outcome.objects.map((object) => object?.revision)).toEqual([before + 1, before + 2, before + 3]);
      expect(outcome.revision).toBe(before + 3);
    });

    it('answers a deletion with the object at the revision of the deletion', async () => {
      const { store } = await open();
      await committed(store, put(pod('a'), 'one'));
      const outcome = await committed(store, remove(pod('a')));
      expect(outcome.objects[0] && text(outcome.objects[0].bytes)).toBe(encoded('one', outcome.revision));
      expect(store.snapshot().get(pod('a'))).toBeUndefined();
    });

    it('takes no revision for deleting what is not there', async () => {
      const { store } = await open();
      const before = await committed(store, put(pod('a'), 'one'));
      const outcome = await committed(store, remove(pod('nothing')));
      expect(outcome.objects).toEqual([undefined]);
      expect(outcome.revision).toBe(before.revision);
    });

    it('refuses by the first condition that does not hold, tells what is there, and changes nothing', async () => {
      const { store } = await open();
      const { revision } = await committed(store, put(pod('a'), 'one'));
      const writes: Write[] = [{ kind: 'delete', key: pod('a') }];
      const refused = await store.commit(
        {
          conditions: [
            { kind: 'exists', key: pod('a') },
            { kind: 'absent', key: pod('a') },
          ],
          writes,
        },
        NO_ABORT,
      );
      expect(refused).toMatchObject({ kind: 'refused', failed: 1, revision });
      expect(refused.kind === 'refused' && refused.current?.revision).toBe(revision);
      const stale = { conditions: [{ kind: 'revision' as const, key: pod('a'), revision: rev(revision - 1) }], writes };
      expect(await store.commit(stale, NO_ABORT)).toMatchObject({ kind: 'refused', failed: 0 });
      const missing = { conditions: [{ kind: 'exists' as const, key: pod('b') }], writes };
      expect(await store.commit(missing, NO_ABORT)).toMatchObject({ kind: 'refused', current: undefined });
      expect(store.snapshot().revision).toBe(revision);
    });

    it('lets exactly one of many concurrent creators of a name win', async () => {
      const { store } = await open();
      const create = (value: string) =>
        store.commit({ ...put(pod('a'), value), conditions: [{ kind: 'absent', key: pod('a') }] }, NO_ABORT);
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => create(`creator ${i}`)));
      expect(outcomes.filter((outcome) => outcome.kind === 'committed')).toHaveLength(1);
    });

    it('serves bytes without a place for the revision, and encrypted ones, exactly as they were given', async () => {
      const { store } = await open();
      const internal = { ...envelope('fence'), revisionOffset: -1 };
      const secret = { ...envelope('secret'), keyId: 'key-1' };
      await committed(store, {
        conditions: [],
        writes: [
          { kind: 'put', key: storeKey('~fences', 'ns', 'lease'), envelope: internal },
          { kind: 'put', key: storeKey('secrets', 'ns', 's'), envelope: secret },
        ],
      });
      const fence = store.snapshot().get(storeKey('~fences', 'ns', 'lease'));
      const stored = store.snapshot().get(storeKey('secrets', 'ns', 's'));
      expect(fence && text(fence.bytes)).toBe(text(internal.bytes));
      expect(stored && text(stored.bytes)).toBe(text(secret.bytes));
      expect(stored?.envelope.revisionOffset).toBe(secret.revisionOffset);
    });

    it('refuses an object over the limit before it costs anything', async () => {
      const { store } = await open();
      const bytes = new Uint8Array(2 * 1024 * 1024);
      const tooLarge = {
        conditions: [],
        writes: [{ kind: 'put' as const, key: pod('a'), envelope: { ...envelope(''), bytes } }],
      };
      await expect(store.commit(tooLarge, NO_ABORT)).rejects.toBeInstanceOf(CommandTooLargeError);
      await committed(store, put(pod('b'), 'the next one is fine'));
    });

    it('rejects what was given up before it was sent', async () => {
      const { store } = await open();
      await expect(store.commit(put(pod('a'), 'x'), AbortSignal.abort())).rejects.toBeInstanceOf(StoreTimeoutError);
      await expect(store.readBarrier(AbortSignal.abort())).rejects.toBeInstanceOf(StoreTimeoutError);
    });
  });

  describe(`${backend}: reads`, () => {
    it('shows after a read barrier everything that was acknowledged before it', async () => {
      const { store } = await open();
      const { revision } = await committed(store, put(pod('a'), 'one'));
      expect(await store.readBarrier(NO_ABORT)).toBeGreaterThanOrEqual(revision);
    });

    it('scans and counts a resource, a namespace, a key, and what follows a key', async () => {
      const { store } = await open();
      for (const name of ['web', 'web-1', 'api']) await committed(store, put(pod(name), name));
      await committed(store, put(pod('web', 'other'), 'elsewhere'));
      await committed(store, put(storeKey('podsx', '', 'not-a-pod'), 'no'));
      const snapshot = store.snapshot();
      expect(keysOf(snapshot.scan(PODS))).toEqual([pod('api'), pod('web'), pod('web-1'), pod('web', 'other')]);
      expect(keysOf(snapshot.scan(resourceRange('pods', 'other')))).toEqual([pod('web', 'other')]);
      expect(keysOf(snapshot.scan(keyRange(pod('web'))))).toEqual([pod('web')]);
      expect(keysOf(snapshot.scan(PODS, pod('web')))).toEqual([pod('web-1'), pod('web', 'other')]);
      expect(snapshot.count(PODS)).toBe(4);
      expect(snapshot.count(PODS, pod('web-1'))).toBe(1);
      expect(snapshot.count(resourceRange('nodes'))).toBe(0);
    });

    it('leaves a snapshot as it was, whatever is committed later', async () => {
      const { store } = await open();
      await committed(store, put(pod('a'), 'one'));
      const snapshot = store.snapshot();
      await committed(store, put(pod('a'), 'two'));
      await committed(store, put(pod('b'), 'new'));
      expect(text(snapshot.get(pod('a'))?.bytes ?? Buffer.of())).toBe(encoded('one', snapshot.revision));
      expect(snapshot.count(PODS)).toBe(1);
    });

    it('shows every past command boundary exactly, as a naive model does', async () => {
      const names = ['a', 'b', 'c', 'd'];
      const write = fc.record({ name: fc.constantFrom(...names), put: fc.boolean() });
      const commands = fc.array(fc.array(write, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(commands, async (list) => {
          const { store } = await open();
          const model = new Map<string, number>();
          const boundaries: { revision: number; model: Map<string, number> }[] = [];
          for (const [i, parts] of list.entries()) {
            const writes = parts.map(
              (part): Write =>
                part.put
                  ? { kind: 'put', key: pod(part.name), envelope: envelope(`${i}`) }
                  : { kind: 'delete', key: pod(part.name) },
            );
            const outcome = await committed(store, { conditions: [], writes });
            for (const [k, part] of parts.entries()) {
              const revision = outcome.objects[k]?.revision;
              if (part.put) model.set(pod(part.name), revision ?? -1);
              else model.delete(pod(part.name));
            }
            boundaries.push({ revision: outcome.revision, model: new Map(model) });
          }
          for (const boundary of boundaries) {
            const snapshot = store.snapshot(rev(boundary.revision));
            const found = [...snapshot.scan(PODS)].map((object) => [object.key, object.revision]);
            expect(found).toEqual([...boundary.model].sort());
          }
          await stopAll();
        }),
        { numRuns: 15, seed: 7 },
      );
    });

    it('never shows a command half applied: a revision inside one means its end', async () => {
      const { store } = await open();
      const writes: Write[] = ['a', 'b'].map((name) => ({ kind: 'put', key: pod(name), envelope: envelope(name) }));
      const { revision } = await committed(store, { conditions: [], writes });
      await committed(store, put(pod('c'), 'later'));
      const snapshot = store.snapshot(rev(revision - 1));
      expect(snapshot.revision).toBe(revision);
      expect(snapshot.count(PODS)).toBe(2);
    });

    it('waits for a revision that it has not reached, and gives up when the caller does', async () => {
      const { store } = await open();
      const { revision } = await committed(store, put(pod('a'), 'one'));
      await store.waitFor(revision, NO_ABORT);
      const next = store.waitFor(rev(revision + 1), NO_ABORT);
      await committed(store, put(pod('a'), 'two'));
      await next;
      const abort = new AbortController();
      const never = store.waitFor(rev(revision + 100), abort.signal);
      abort.abort();
      await expect(never).rejects.toBeInstanceOf(StoreTimeoutError);
      expect(() => store.snapshot(rev(revision + 100))).toThrow(FutureRevisionError);
    });

    it('drops the past after five minutes, and says so to those who ask for it', async () => {
      const { store, advance } = await open();
      const old = await committed(store, put(pod('a'), 'one'));
      await committed(store, put(pod('a'), 'two'));
      await advance(60_000);
      await committed(store, put(pod('a'), 'three'));
      await advance(6 * 60_000);
      await store.readBarrier(NO_ABORT);
      await committed(store, remove(pod('a')));
      await eventually(() => store.status().compactedRevision > old.revision, 'the compaction');
      const compacted = store.status().compactedRevision;
      expect(() => store.snapshot(old.revision)).toThrow(CompactedError);
      expect(() => store.watch({ range: PODS, from: old.revision }, new RecordingSink())).toThrow(CompactedError);
      expect(store.snapshot(compacted).get(pod('a'))).toBeDefined();
      expect(store.snapshot().get(pod('a'))).toBeUndefined();
    });
  });

  describe(`${backend}: watches`, () => {
    it('delivers what happens from now on, in order, with the state before', async () => {
      const { store } = await open();
      const sink = new RecordingSink();
      const from = store.snapshot().revision;
      const watch = store.watch({ range: PODS, from }, sink);
      await committed(store, put(pod('a'), 'one'));
      await committed(store, put(pod('a'), 'two'));
      const last = await committed(store, remove(pod('a')));
      expect(sink.seen).toEqual([
        `added ${pod('a')} @${from + 1}`,
        `modified ${pod('a')} @${from + 2}`,
        `deleted ${pod('a')} @${from + 3}`,
      ]);
      expect(sink.events_.map((event) => event.previous?.revision)).toEqual([undefined, from + 1, from + 2]);
      const deleted = sink.events_.at(-1)?.object;
      expect(deleted && text(deleted.bytes)).toBe(encoded('two', last.revision));
      expect(watch.progress()).toBe(last.revision);
    });

    it('delivers first what happened since, then what happens, each once', async () => {
      const { store } = await open();
      const from = store.snapshot().revision;
      for (let i = 0; i < 10; i++) await committed(store, put(pod(`before-${i}`), 'x'));
      const sink = new RecordingSink();
      const watch = store.watch({ range: PODS, from: rev(from + 3) }, sink);
      for (let i = 0; i < 10; i++) await committed(store, put(pod(`after-${i}`), 'x'));
      await eventually(() => watch.progress() === from + 20, 'the watch has caught up');
      expect(sink.events_.map((event) => event.revision)).toEqual(Array.from({ length: 17 }, (_, i) => from + 4 + i));
    });

    it('turns a change of the selection into added and deleted, the latter with the old state', async () => {
      const { store } = await open();
      const sink = new RecordingSink();
      const from = store.snapshot().revision;
      store.watch({ range: PODS, from, matches: (object) => object.envelope.labels['on'] === 'yes' }, sink);
      await committed(store, put(pod('a'), 'hidden', { on: 'no' }));
      await committed(store, put(pod('a'), 'shown', { on: 'yes' }));
      await committed(store, put(pod('a'), 'changed', { on: 'yes' }));
      const left = await committed(store, put(pod('a'), 'hidden again', { on: 'no' }));
      await committed(store, remove(pod('a')));
      expect(sink.events_.map((event) => event.type)).toEqual(['added', 'modified', 'deleted']);
      const gone = sink.events_.at(-1)?.object;
      expect(gone && text(gone.bytes)).toBe(encoded('changed', left.revision));
      expect(gone?.envelope.labels).toEqual({ on: 'yes' });
    });

    it('keeps to its range: a namespace, or one key that begins another', async () => {
      const { store } = await open();
      const from = store.snapshot().revision;
      const namespace = new RecordingSink();
      const single = new RecordingSink();
      store.watch({ range: resourceRange('pods', 'other'), from }, namespace);
      const watch = store.watch({ range: keyRange(pod('web')), from }, single);
      await committed(store, put(pod('web-1'), 'x'));
      await committed(store, put(pod('web', 'other'), 'x'));
      await committed(store, put(pod('web'), 'x'));
      const last = await committed(store, put(pod('unrelated'), 'x'));
      expect(namespace.seen).toEqual([`added ${pod('web', 'other')} @${from + 2}`]);
      expect(single.seen).toEqual([`added ${pod('web')} @${from + 3}`]);
      expect(watch.progress()).toBe(last.revision);
    });

    it('publishes a command as a whole: its boundary is told with its first event', async () => {
      const { store } = await open();
      const sink = new RecordingSink();
      store.watch({ range: PODS, from: store.snapshot().revision }, sink);
      const writes: Write[] = ['a', 'b', 'c'].map((name) => ({
        kind: 'put',
        key: pod(name),
        envelope: envelope(name),
      }));
      const { revision } = await committed(store, { conditions: [], writes });
      expect(sink.boundaries).toEqual([revision]);
      expect(sink.events_).toHaveLength(3);
    });

    it('lets a failing watcher hurt nobody but itself', async () => {
      const { store } = await open();
      const from = store.snapshot().revision;
      const healthy = new RecordingSink();
      const endings: string[] = [];
      const failing: WatchSink = {
        events() {
          throw new Error('a bug in the sink');
        },
        ended: (reason) => void endings.push(reason),
      };
      store.watch({ range: PODS, from }, failing);
      store.watch({ range: PODS, from }, healthy);
      await committed(store, put(pod('a'), 'one'));
      await committed(store, put(pod('b'), 'two'));
      expect(endings).toEqual(['closed']);
      expect(healthy.events_).toHaveLength(2);
    });

    it('ends a watch once when it is closed, and delivers nothing after', async () => {
      const { store } = await open();
      const sink = new RecordingSink();
      const watch = store.watch({ range: PODS, from: store.snapshot().revision }, sink);
      watch.close();
      watch.close();
      await committed(store, put(pod('a'), 'one'));
      expect(sink.endings).toEqual(['closed']);
      expect(sink.seen).toEqual([]);
    });

    it('refuses to begin in the future', async () => {
      const { store } = await open();
      const from = rev(store.snapshot().revision + 1);
      expect(() => store.watch({ range: PODS, from }, new RecordingSink())).toThrow(FutureRevisionError);
    });
  });

  describe(`${backend}: stopping`, () => {
    it('ends watches, rejects who waits, and may be stopped twice', async () => {
      const { store } = await open();
      const sink = new RecordingSink();
      store.watch({ range: PODS, from: store.snapshot().revision }, sink);
      const waiting = store.waitFor(rev(1_000_000), NO_ABORT);
      const rejected = expect(waiting).rejects.toBeInstanceOf(StoreStoppedError);
      await Promise.all([store.stop(), store.stop()]);
      await rejected;
      expect(sink.endings).toEqual(['closed']);
      await expect(store.commit(put(pod('a'), 'x'), NO_ABORT)).rejects.toBeInstanceOf(StoreStoppedError);
      await expect(store.readBarrier(NO_ABORT)).rejects.toBeInstanceOf(StoreStoppedError);
      expect(store.status().ready).toBe(false);
    });
  });
}
