// Writes that change nothing keep the resourceVersion and tell no watcher, however often they come; those that only change
// who owns what are changes. And two managers that fight, through two of three servers.
import { describe, expect, it } from 'vitest';
import { defined } from '../../../src/lib/index.ts';
import { CONFIG_MAPS, DEPLOYMENTS, testApi } from '../harness.ts';
import { ThreeServers } from '../three-servers.ts';
import { apply, configMap, ownersOf, ownersOfField } from './support.ts';

const ENVIRONMENT = Array.from({ length: 90 }, (_, at) => ({ name: `VARIABLE_${at}`, value: `value ${at}` }));

/** As YAML it has more than 200 lines. */
function largeDeployment(image: string): object {
  const container = {
    name: 'c',
    image,
    env: ENVIRONMENT,
    ports: [{ containerPort: 80 }, { containerPort: 81, protocol: 'UDP' }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'large', labels: { app: 'large' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'large' } },
      template: { metadata: { labels: { app: 'large' } }, spec: { containers: [container] } },
    },
  };
}

describe('a configuration that is applied again', () => {
  it('a thousand times changes nothing', async () => {
    const api = await testApi();
    const path = `${DEPLOYMENTS}/large`;
    const first = await apply(api, path, 'me', largeDeployment('busybox:1.35'));
    expect(first.status).toBe(201);
    const before = api.store.status().revision;
    for (let time = 0; time < 1_000; time++) {
      if (time % 100 === 0) await api.clock.advance(1_000);
      const again = await apply(api, path, 'me', largeDeployment('busybox:1.35'));
      if (again.status !== 200) expect(again.body).toBeUndefined();
    }
    const last = await api.call('GET', path);
    expect(last.body).toEqual(first.body);
    // No revision: nothing was written, so no watcher can have been told.
    expect(api.store.status().revision).toBe(before);
    const changed = await apply(api, path, 'me', largeDeployment('busybox:1.36'));
    expect(changed.body.metadata.generation).toBe(2);
  });

  it('by another manager is a change, once', async () => {
    const api = await testApi();
    const first = await apply(api, `${CONFIG_MAPS}/a`, 'one', configMap('a', { k: '1' }));
    const second = await apply(api, `${CONFIG_MAPS}/a`, 'two', configMap('a', { k: '1' }));
    expect(second.body.metadata.resourceVersion).not.toBe(first.body.metadata.resourceVersion);
    const third = await apply(api, `${CONFIG_MAPS}/a`, 'two', configMap('a', { k: '1' }));
    expect(third.body).toEqual(second.body);
  });

  it('updates without change leave the owners and their times alone', async () => {
    const api = await testApi();
    const { body } = await api.call('POST', `${CONFIG_MAPS}?fieldManager=one`, configMap('a', { k: '1' }));
    await api.clock.advance(5_000);
    const again = await api.call('PUT', `${CONFIG_MAPS}/a?fieldManager=two`, configMap('a', { k: '1' }));
    expect(again.body).toEqual(body);
  });
});

describe('two managers, through two servers', () => {
  it('fight over a deployment: each is told of the other, and one owner is left of each field', async () => {
    const cluster = await ThreeServers.start();
    const [left, right] = cluster.all();
    const servers = { left: defined(left, 'a server'), right: defined(right, 'another server') };
    const path = `${DEPLOYMENTS}/large`;
    const image = (which: string): string => `busybox:${which}`;
    await cluster.during(apply(servers.left, path, 'left', largeDeployment(image('left'))));
    const refused = await cluster.during(apply(servers.right, path, 'right', largeDeployment(image('right'))));
    expect(refused.body).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "left": .spec.template.spec.containers[name="c"].image',
    });
    const forced = await cluster.during(
      Promise.all(
        Array.from({ length: 6 }, (_, at) => {
          const side = at % 2 === 0 ? 'left' : 'right';
          return apply(servers[side], path, side, largeDeployment(image(side)), '&force=true');
        }),
      ),
    );
    expect(forced.map(({ status }) => status)).toEqual(forced.map(() => 200));
    const { body } = await cluster.during(servers.left.call('GET', path));
    const winner = body.spec.template.spec.containers[0].image.slice('busybox:'.length);
    expect(ownersOfField(body, 'spec.template.spec.containersk:{"name":"c"}.image')).toEqual([winner]);
    expect(ownersOfField(body, 'spec.replicas').toSorted()).toEqual(['left', 'right']);
    expect(ownersOf(body)).toHaveLength(2);
    await cluster.stop();
  });
});
