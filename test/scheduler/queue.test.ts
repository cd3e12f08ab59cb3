// The scheduling queue: order, back-off, and which events wake which pods.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap } from '../../src/scheduler/heap.ts';
import type { ClusterEvent } from '../../src/scheduler/index.ts';
import { prioritySort } from '../../src/scheduler/plugins/priority-sort/priority-sort.ts';
import { createSchedulingQueue, type QueuedPod } from '../../src/scheduler/queue.ts';
import { manualClock } from '../support/manual-clock.ts';
import { pod } from './support.ts';

function build() {
  const clock = manualClock();
  const wakes = (event: ClusterEvent, rejectedBy: ReadonlySet<string>) => rejectedBy.has(event);
  const less = (a: QueuedPod, b: QueuedPod) => prioritySort.less?.(a, b) ?? false;
  const queue = createSchedulingQueue({ clock, less: less as never, wakes });
  const take = async (): Promise<QueuedPod> => {
    expect(queue.lengths.active).toBeGreaterThan(0);
    return (await queue.pop()) as QueuedPod;
  };
  return { clock, queue, take };
}

const waitsFor = (event: ClusterEvent) => new Set<string>([event]);

describe('the scheduling queue', () => {
  it('takes the higher priority first, then the older', async () => {
    const { queue, take, clock } = build();
    for (const [name, priority] of [
      ['old', 0],
      ['young', 0],
      ['urgent', 100],
    ] as const) {
      queue.add(pod(name, { spec: { priority } }));
      clock.advance(1);
    }
    const order = [await take(), await take(), await take()].map((one) => one.pod.metadata.name);
    expect(order).toEqual(['urgent', 'old', 'young']);
  });

  it('hands a pod to whoever waits for one, and ends the wait when it is closed', async () => {
    const { queue } = build();
    const waiting = queue.pop();
    queue.add(pod('a'));
    expect((await waiting)?.key).toBe('default/a');
    const last = queue.pop();
    queue.close();
    expect(await last).toBeUndefined();
    expect(await queue.pop()).toBeUndefined();
  });

  it('leaves a rejected pod alone until an event that may help it, and then its back-off', async () => {
    const { queue, take, clock } = build();
    queue.add(pod('a'));
    queue.giveBack(await take(), waitsFor('podFreed'));
    queue.notify('nodeLabels');
    expect(queue.lengths).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    queue.notify('podFreed');
    expect(queue.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    clock.advance(999);
    expect(queue.lengths.active).toBe(0);
    clock.advance(1);
    expect((await take()).attempts).toBe(2);
  });

  it('counts an event that came while the pod was being tried', async () => {
    const { queue, take } = build();
    queue.add(pod('a'));
    const held = await take();
    queue.notify('podFreed');
    queue.giveBack(held, waitsFor('podFreed'));
    expect(queue.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
  });

  it('doubles the back-off up to ten seconds', async () => {
    const { queue, take, clock } = build();
    queue.add(pod('a'));
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      queue.retry(await take());
      let waited = 0;
      for (; queue.lengths.active === 0; waited += 1_000) clock.advance(1_000);
      waits.push(waited / 1_000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 10, 10]);
  });

  it('wakes at once when the last failure is long ago, and when the pod itself changed', async () => {
    const { queue, take, clock } = build();
    queue.add(pod('a'));
    queue.giveBack(await take(), waitsFor('podFreed'));
    clock.advance(2_000);
    queue.update(pod('a'), false);
    expect(queue.lengths.unschedulable).toBe(1);
    queue.update(pod('a', { labels: { changed: 'yes' } }), true);
    expect((await take()).pod.metadata.labels).toEqual({ changed: 'yes' });
  });

  it('tries again what nothing woke for five minutes', async () => {
    const { queue, take, clock } = build();
    queue.add(pod('a'));
    queue.giveBack(await take(), waitsFor('podFreed'));
    clock.advance(299_999);
    queue.flush();
    expect(queue.lengths.unschedulable).toBe(1);
    clock.advance(1);
    queue.flush();
    expect(queue.lengths.active).toBe(1);
  });

  it('keeps nothing of a pod that was deleted, wherever it was', async () => {
    const { queue, take } = build();
    for (const name of ['active', 'backoff', 'unschedulable', 'held']) queue.add(pod(name));
    const held = new Map((await Promise.all([take(), take(), take(), take()])).map((one) => [one.key, one]));
    const of = (name: string) => held.get(`default/${name}`) as QueuedPod;
    queue.retry(of('backoff'));
    queue.giveBack(of('unschedulable'), waitsFor('podFreed'));
    queue.finish(of('active'));
    queue.add(pod('active'));
    for (const name of ['active', 'backoff', 'unschedulable', 'held']) queue.remove(`default/${name}`);
    queue.giveBack(of('held'), waitsFor('podFreed'));
    expect(queue.lengths).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
  });

  it('does not take a failed pod for the new one of its name', async () => {
    const { queue, take } = build();
    queue.add(pod('a'));
    const old = await take();
    const fresh = { ...pod('a'), metadata: { ...pod('a').metadata, uid: 'another' } };
    queue.remove('default/a');
    queue.add(fresh);
    const held = await take();
    queue.retry(old);
    expect(queue.lengths.backoff).toBe(0);
    queue.retry(held);
    expect(queue.lengths.backoff).toBe(1);
  });
});

describe('a heap', () => {
  it('gives equal items out in the order they were put', () => {
    const heap = createHeap<string>(
      (one) => one,
      () => false,
    );
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
    for (const name of names) heap.put(name);
    expect(names.map(() => heap.pop())).toEqual(names);
  });

  it('gives out what a sorted list would, whatever is put and removed', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key: fc.constantFrom(...'abcdefgh'), rank: fc.nat(20) }),
      fc.record({ kind: fc.constant('remove' as const), key: fc.constantFrom(...'abcdefgh') }),
      fc.record({ kind: fc.constant('pop' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = createHeap<{ key: string; rank: number }>(
          (one) => one.key,
          (a, b) => a.rank < b.rank,
        );
        const naive = new Map<string, number>();
        for (const one of steps) {
          if (one.kind === 'put') {
            heap.put({ key: one.key, rank: one.rank });
            naive.set(one.key, one.rank);
          } else if (one.kind === 'remove') {
            expect(heap.remove(one.key) !== undefined).toBe(naive.delete(one.key));
          } else {
            const popped = heap.pop();
            expect(popped?.rank).toBe(naive.size === 0 ? undefined : Math.min(...naive.values()));
            if (popped !== undefined) naive.delete(popped.key);
          }
          expect(heap.size).toBe(naive.size);
        }
      }),
      { numRuns: 500 },
    );
  });
});
