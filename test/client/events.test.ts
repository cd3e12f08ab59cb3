// The event recorder: counting, combining, limiting, and never failing.
import { describe, expect, it } from 'vitest';
import type { CoreEvent, Pod } from '../../src/api/index.ts';
import { createEventRecorder } from '../../src/client/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { fakeClient } from './support/fake-client.ts';
import { fakeCluster } from './support/fake-cluster.ts';

function build(before: () => void | Promise<void> = () => undefined) {
  const cluster = fakeCluster();
  const clock = manualClock(Date.UTC(2026, 0, 1, 12));
  const client = fakeClient(cluster, { before });
  const recorder = createEventRecorder({ client, component: 'test', host: 'n1', clock, logger: silentLogger });
  const events = () => cluster.list({ resource: 'events', namespace: '' }) as CoreEvent[];
  return { cluster, clock, recorder, events };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'web', uid: 'u1' } };

describe('an event recorder', () => {
  it('writes what kubectl describe reads', async () => {
    const { recorder, events } = build();
    recorder.event(pod, 'Normal', 'Scheduled', 'Successfully assigned default/web to n1');
    await settle();
    expect(events()).toMatchObject([
      {
        metadata: { namespace: 'default', name: expect.stringMatching(/^web\.[0-9a-f]+$/) },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web', uid: 'u1' },
        type: 'Normal',
        reason: 'Scheduled',
        message: 'Successfully assigned default/web to n1',
        count: 1,
        firstTimestamp: '2026-01-01T12:00:00Z',
        source: { component: 'test', host: 'n1' },
        reportingComponent: 'test',
      },
    ]);
  });

  it('counts repeats in one event, also after that event expired', async () => {
    const { recorder, events, clock, cluster } = build();
    for (let i = 0; i < 3; i++) {
      recorder.event(pod, 'Warning', 'BackOff', 'restarting');
      await settle();
      clock.advance(1_000);
    }
    const [first] = events();
    expect([first?.count, first?.lastTimestamp]).toEqual([3, '2026-01-01T12:00:02Z']);
    cluster.remove('events', 'default', first?.metadata?.name ?? '');
    recorder.event(pod, 'Warning', 'BackOff', 'restarting');
    await settle();
    expect(events().map((event) => event.count)).toEqual([4]);
  });

  it('combines many different messages of one kind', async () => {
    const { recorder, events } = build();
    for (let i = 0; i < 20; i++) recorder.event(pod, 'Normal', 'Pulling', `image ${i}`);
    await settle();
    const messages = events().map((event) => [event.message, event.count]);
    expect(messages.length).toBe(11);
    expect(messages.at(-1)).toEqual(['(combined from similar events): image 19', 10]);
  });

  it('limits the chatter about one object and lets others speak', async () => {
    const { recorder, events, clock } = build();
    const total = () => events().reduce((sum, event) => sum + (event.count ?? 0), 0);
    for (let i = 0; i < 100; i++) recorder.event(pod, 'Normal', 'Noise', 'again');
    recorder.event({ ...pod, metadata: { ...pod.metadata, name: 'other', uid: 'u2' } }, 'Normal', 'Noise', 'once');
    await settle();
    expect(total()).toBe(26);
    clock.advance(300_000);
    recorder.event(pod, 'Normal', 'Noise', 'again');
    await settle();
    expect(total()).toBe(27);
  });

  it('bounds what waits, and never throws', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { recorder, events } = build(() => held);
    for (let i = 0; i < 3_000; i++) {
      recorder.event({ ...pod, metadata: { ...pod.metadata, name: `p${i}`, uid: `u${i}` } }, 'Normal', 'Started', 'go');
    }
    answer();
    while (events().length < 1_001) await settle();
    await settle();
    expect(events().length).toBe(1_001);
    const failing = build(() => {
      throw new Error('no server');
    });
    expect(() => failing.recorder.event({}, 'Normal', 'X', 'y')).not.toThrow();
    await settle();
    expect(failing.events()).toEqual([]);
  });
});
