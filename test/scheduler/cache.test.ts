// The assumed picture of the cluster, and that its sums are what a count from scratch gives.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, Served } from '../../src/api/index.ts';
import { createCache } from '../../src/scheduler/cache.ts';
import { nodeInfo } from '../../src/scheduler/framework/snapshot.ts';
import { podInfo } from '../../src/scheduler/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { node, pod } from './support.ts';

const on = (name: string, nodeName: string, cpu = '100m'): Served<Pod> =>
  pod(name, { requests: { cpu }, spec: { nodeName } });

describe('the cache', () => {
  it('counts an assumed pod at once, and once when the watch confirms it', () => {
    const cache = createCache(manualClock());
    cache.setNode(node('n'));
    const waiting = pod('a', { requests: { cpu: '1' } });
    cache.assume(podInfo(waiting), 'n');
    expect(cache.snapshot().nodes[0]?.requested['cpu']).toBe(1_000);
    expect(cache.isAssumed(waiting)).toBe(true);
    cache.finishBinding(waiting);
    cache.setPod(pod('a', { requests: { cpu: '1' }, spec: { nodeName: 'n' } }));
    expect(cache.isAssumed(waiting)).toBe(false);
    expect(cache.snapshot().nodes[0]).toMatchObject({ requested: { cpu: 1_000 }, pods: { length: 1 } });
  });

  it('frees the room of a pod that was not bound, but not of one that was', () => {
    const cache = createCache(manualClock());
    cache.setNode(node('n'));
    cache.assume(podInfo(pod('a')), 'n');
    cache.forget(pod('a'));
    expect(cache.snapshot().nodes[0]?.pods.length).toBe(0);
    cache.setPod(on('b', 'n'));
    cache.forget(pod('b'));
    expect(cache.snapshot().nodes[0]?.pods.length).toBe(1);
  });

  it('forgets a bound pod that is never seen, but not one whose binding is still under way', () => {
    const clock = manualClock();
    const cache = createCache(clock);
    cache.setNode(node('n'));
    cache.assume(podInfo(pod('bound')), 'n');
    cache.assume(podInfo(pod('pending')), 'n');
    cache.finishBinding(pod('bound'));
    clock.advance(59_999);
    expect(cache.expire()).toBe(0);
    clock.advance(1);
    expect(cache.expire()).toBe(1);
    expect(cache.snapshot().nodes[0]?.pods.map((one) => one.pod.metadata.name)).toEqual(['pending']);
  });

  it('remembers the pods of a node that is not there yet, or not any more', () => {
    const cache = createCache(manualClock());
    cache.setPod(on('a', 'n'));
    expect(cache.snapshot().nodes).toEqual([]);
    cache.setNode(node('n'));
    expect(cache.snapshot().nodes[0]?.pods.length).toBe(1);
    cache.removeNode('n');
    cache.setNode(node('n'));
    expect(cache.snapshot().nodes[0]?.pods.length).toBe(1);
  });

  it('has the sums of a count from scratch after any changes', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const place = fc.constantFrom('n1', 'n2');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), name, place, cpu: fc.nat(900) }),
      fc.record({ kind: fc.constant('remove' as const), name }),
      fc.record({ kind: fc.constant('assume' as const), name, place, cpu: fc.nat(900) }),
      fc.record({ kind: fc.constant('forget' as const), name }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const cache = createCache(manualClock());
        for (const each of ['n1', 'n2']) cache.setNode(node(each));
        const naive = new Map<string, { pod: Served<Pod>; assumed: boolean }>();
        for (const one of steps) {
          if (one.kind === 'set') {
            const placed = on(one.name, one.place, `${one.cpu}m`);
            cache.setPod(placed);
            naive.set(one.name, { pod: placed, assumed: false });
          } else if (one.kind === 'assume' && !naive.has(one.name)) {
            const placed = on(one.name, one.place, `${one.cpu}m`);
            cache.assume(podInfo(placed), one.place);
            naive.set(one.name, { pod: placed, assumed: true });
          } else if (one.kind === 'remove') {
            cache.removePod(pod(one.name));
            naive.delete(one.name);
          } else if (one.kind === 'forget') {
            cache.forget(pod(one.name));
            if (naive.get(one.name)?.assumed) naive.delete(one.name);
          }
          for (const each of cache.snapshot().nodes) {
            const there = [...naive.values()].filter((entry) => entry.pod.spec?.nodeName === each.name);
            const fresh = nodeInfo(
              each.node,
              there.map((entry) => podInfo(entry.pod)),
            );
            expect(each.requested['cpu'] ?? 0).toBe(fresh.requested['cpu'] ?? 0);
            expect(each.scoredRequested).toEqual(fresh.scoredRequested);
            expect(each.pods.length).toBe(there.length);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
