// Writes that change nothing keep the resourceVersion and tell no watcher, however often they come; those that only change
// who owns what are changes. And two managers that fight, through two of three servers.
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createApiServer } from '../../../src/apiserver/index.ts';
import { WATCH_PAUSE_MAX_MS } from '../../../src/apiserver/limits.ts';
import { defined, systemClock } from '../../../src/lib/index.ts';
import { createMemoryStore } from '../../../src/store/index.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { CONFIG_MAPS, DEPLOYMENTS, deployment, testApi, testOptions } from '../harness.ts';
import { ThreeServers } from '../three-servers.ts';
import { APPLY, apply, configMap, ownersOf, ownersOfField } from './support.ts';

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

/** The last of the objects that a server makes by itself. */
const LAST_MADE = '/api/v1/namespaces/default/endpoints/kubernetes';

interface FirstOfWatch {
  readonly event: Promise<unknown>;
  close(): void;
}

/** Resolves when the watch has begun. */
function firstEvent(url: string): Promise<FirstOfWatch> {
  return new Promise((begun) => {
    const request = httpRequest(url, (response) => {
      const event = new Promise<unknown>((resolve) => {
        let text = '';
        response.setEncoding('utf8').on('error', () => {});
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
        });
      });
      begun({ event, close: () => request.destroy() });
    });
    request.on('error', () => {});
    request.end();
  });
}

function firstMessage(url: string): Promise<FirstOfWatch> {
  return new Promise((begun) => {
    const socket = new WebSocket(url);
    const event = new Promise<unknown>((resolve) => {
      socket.once('message', (data) => resolve(JSON.parse(String(data))));
    });
    socket.on('open', () => begun({ event, close: () => socket.terminate() }));
  });
}

describe('a configuration that is applied again', () => {
  it('a thousand times changes nothing, and no watcher is told of anything', async () => {
    const clock = manualClock();
    const store = createMemoryStore({ clock: systemClock() });
    await store.start();
    const server = createApiServer(testOptions(store, { clock }));
    const { url } = await server.start();
    const call = async (method: string, path: string, body?: object, headers = {}) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headers: { 'content-type': 'application/json', ...headers },
      });
      // Watchers are written to in rounds: the next one is due.
      clock.advance(WATCH_PAUSE_MAX_MS);
      return answer;
    };
    while ((await call('GET', LAST_MADE)).status === 404) await new Promise(setImmediate);
    const path = `${DEPLOYMENTS}/large`;
    const again = async () => (await call('PATCH', `${path}?fieldManager=me`, largeDeployment('a'), APPLY)).text();
    const first = await again();
    const before = store.status().revision;
    const from = `${DEPLOYMENTS}?watch=true&resourceVersion=${before}`;
    const watches = [await firstEvent(`${url}${from}`), await firstMessage(`${url.replace('http', 'ws')}${from}`)];
    for (let time = 0; time < 1_000; time++) {
      const answer = await again();
      if (answer !== first) expect(answer).toBe(first);
    }
    // No revision: nothing was written.
    expect(store.status().revision).toBe(before);
    const marker = await (await call('POST', DEPLOYMENTS, deployment('marker'))).json();
    for (const { event } of watches) expect(await event).toEqual({ type: 'ADDED', object: marker });
    const changed = await call('PATCH', `${path}?fieldManager=me`, largeDeployment('b'), APPLY);
    expect(await changed.json()).toMatchObject({ metadata: { generation: 2 } });
    for (const { close } of watches) close();
    await server.stop();
    await store.stop();
  }, 120_000);

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
    api.clock.advance(5_000);
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
