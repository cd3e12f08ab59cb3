// The loop around a reconcile function: retries, requeues, one worker per key, an orderly end.
import { describe, expect, it } from 'vitest';
import { ApiStatusError, createWorkQueue, keyOf, nameOfKey, runController } from '../../src/client/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { until } from './support/setup.ts';

describe('a controller', () => {
  it('tries a failing key again after its back-off, and requeues when asked', async () => {
    const clock = manualClock();
    const queue = createWorkQueue({ clock });
    const stop = new AbortController();
    const calls: string[] = [];
    const spec = {
      name: 'test',
      workers: 2,
      reconcile: async (key: string) => {
        calls.push(key);
        if (calls.length === 1) throw new Error('not yet');
        if (calls.length === 2) throw new ApiStatusError(409, 'Conflict', 'the cache was behind');
        return calls.length === 3 ? { requeueAfterMs: 60_000 } : undefined;
      },
    };
    const ended = runController(spec, queue, { clock, logger: silentLogger, signal: stop.signal });
    queue.add('ns/a');
    for (const [count, waitMs] of [
      [1, 5],
      [2, 10],
      [3, 60_000],
    ] as const) {
      await until(() => calls.length === count && clock.pending === 1);
      clock.advance(waitMs - 1);
      expect(queue.length).toBe(0);
      clock.advance(1);
    }
    await until(() => calls.length === 4);
    stop.abort();
    await ended;
    expect(calls).toEqual(['ns/a', 'ns/a', 'ns/a', 'ns/a']);
  });

  it('never works on one key twice at a time, and finishes what it holds when it is stopped', async () => {
    const clock = manualClock();
    const queue = createWorkQueue({ clock });
    const stop = new AbortController();
    const running = new Set<string>();
    const release: (() => void)[] = [];
    let finished = 0;
    const spec = {
      name: 'test',
      workers: 3,
      reconcile: async (key: string) => {
        expect(running.has(key)).toBe(false);
        running.add(key);
        await new Promise<void>((resolve) => release.push(resolve));
        running.delete(key);
        finished += 1;
        return undefined;
      },
    };
    const ended = runController(spec, queue, { clock, logger: silentLogger, signal: stop.signal });
    for (const key of ['a', 'b']) queue.add(key);
    await until(() => running.size === 2);
    queue.add('a');
    stop.abort();
    for (const go of release) go();
    await ended;
    expect(finished).toBe(2);
  });

  it('names objects by keys and back', () => {
    for (const metadata of [{ name: 'n1' }, { namespace: 'default', name: 'web' }]) {
      const key = keyOf({ metadata });
      expect(nameOfKey(key)).toEqual({ namespace: '', ...metadata });
    }
  });
});
