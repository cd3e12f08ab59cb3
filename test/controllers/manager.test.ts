// The controller manager: caches before leadership, loops during it, nothing after.
import { afterEach, describe, expect, it } from 'vitest';
import { createInformerFactory, type LeaderElector, PODS, REPLICA_SETS } from '../../src/client/index.ts';
import { type ControllerName, runControllerManager } from '../../src/controllers/index.ts';
import { createRegistry, prng, silentLogger, UserError } from '../../src/lib/index.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { createFakeApi, type FakeApi } from './support/fake-api.ts';
import { replicaSet } from './support/harness.ts';

const stopping: AbortController[] = [];
afterEach(() => {
  for (const each of stopping.splice(0)) each.abort();
});

async function turns(clock: ManualClock): Promise<void> {
  for (let round = 0; round < 5; round++) {
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(50);
  }
}

/** Leads when the test says so. */
function handElector(): LeaderElector & { elect(): AbortController } {
  let lead: ((until: AbortSignal) => Promise<void>) | undefined;
  return {
    identity: 'test',
    isLeader: () => lead !== undefined,
    async run(signal, begin) {
      lead = (until) => begin(() => ({ lease: 'kube-system/test', token: '1' }), until);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
    elect() {
      const reign = new AbortController();
      stopping.push(reign);
      void lead?.(reign.signal);
      return reign;
    },
  };
}

function run(api: FakeApi, clock: ManualClock, controllers: readonly ControllerName[], elector?: LeaderElector) {
  const stop = new AbortController();
  stopping.push(stop);
  const random = prng(1);
  const { client } = api;
  const metrics = createRegistry('test');
  const informers = createInformerFactory({ client, clock, logger: silentLogger, random, freeze: true });
  const running = runControllerManager({
    client,
    clock,
    logger: silentLogger,
    random,
    signal: stop.signal,
    elector,
    controllers,
    metrics,
    informers,
  });
  return { running, metrics, stop };
}

describe('the controller manager', () => {
  it('writes nothing before it leads, works from warm caches when it does, and stops when it does not', async () => {
    const clock = manualClock();
    const api = createFakeApi(clock);
    const elector = handElector();
    const { metrics } = run(api, clock, ['replicaset'], elector);
    await api.client.create(REPLICA_SETS, replicaSet('web', 2));
    await turns(clock);
    expect(api.list(PODS)).toEqual([]);

    const reign = elector.elect();
    await turns(clock);
    expect(api.list(PODS)).toHaveLength(2);
    expect(await metrics.metrics()).toContain('quorate_controller_manager_leading{component="test"} 1');

    expect(await metrics.metrics()).toMatch(/queue_length\{controller="replicaset",component="test"\} 0/);

    reign.abort();
    await turns(clock);
    await api.client.create(REPLICA_SETS, replicaSet('more', 2));
    await turns(clock);
    expect(api.list(PODS)).toHaveLength(2);
    expect(await metrics.metrics()).toContain('quorate_controller_manager_leading{component="test"} 0');

    elector.elect();
    await turns(clock);
    expect(api.list(PODS)).toHaveLength(4);
  });

  it('runs only the controllers that are asked for', async () => {
    const clock = manualClock();
    const api = createFakeApi(clock);
    run(api, clock, ['deployment']);
    await api.client.create(REPLICA_SETS, replicaSet('web', 2));
    await turns(clock);
    expect(api.list(PODS)).toEqual([]);
  });

  it('refuses the name of a controller that does not exist, and says which do', async () => {
    const clock = manualClock();
    const { running } = run(createFakeApi(clock), clock, ['cronjob' as ControllerName]);
    await expect(running).rejects.toThrow(UserError);
    await expect(running).rejects.toMatchObject({ remedy: expect.stringContaining('replicaset') });
  });

  it('resolves when it is told to stop', async () => {
    const clock = manualClock();
    const { running, stop } = run(createFakeApi(clock), clock, ['deployment', 'garbage-collector']);
    await turns(clock);
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});
