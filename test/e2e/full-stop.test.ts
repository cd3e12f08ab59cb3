// Every server killed at once and restarted: what was acknowledged is there, and a watch goes on where it was.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterUnderTest, PlainClient } from '../../chaos/index.ts';
import { threeServers } from './support/three-servers.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

interface Event {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string; readonly resourceVersion: string } };
}

describe('three servers killed with -9 at once', () => {
  let cluster: ClusterUnderTest;
  beforeAll(async () => {
    cluster = await threeServers();
  });
  afterAll(() => cluster.stop());

  it('come back with every acknowledged object, and a watch resumes at its revision', async () => {
    const servers = cluster.running.topology.servers.map((server) => server.id);
    const [first = ''] = servers;
    const client = cluster.clientOf(first);
    const before = await createAll(client, 'before', 50);
    const resumeAt = before[24]?.resourceVersion ?? '';

    for (const server of servers) cluster.signal(server, 'SIGKILL');
    await cluster.whole();
    const after = await createAll(cluster.balancer, 'after', 10);

    for (const server of servers) {
      const own = cluster.clientOf(server);
      const names = new Set((await list(own)).map((object) => object.metadata.name));
      expect([...before, ...after].filter((object) => !names.has(object.name))).toEqual([]);
      const events = await watchFrom(own, resumeAt, 35);
      const expected = [...before.slice(25), ...after].map(
        (object) => `ADDED ${object.name} ${object.resourceVersion}`,
      );
      expect(
        events.map((event) => `${event.type} ${event.object.metadata.name} ${event.object.metadata.resourceVersion}`),
      ).toEqual(expected);
      own.close();
    }
    client.close();
  });

  async function createAll(
    client: PlainClient,
    prefix: string,
    count: number,
  ): Promise<{ name: string; resourceVersion: string }[]> {
    const made = [];
    for (let i = 0; i < count; i += 1) {
      const name = `${prefix}-${i}`;
      const answer = await client.send('POST', CONFIG_MAPS, { metadata: { name }, data: { i: String(i) } });
      if (answer.kind !== 'answered' || answer.status !== 201) throw new Error(JSON.stringify(answer));
      const object = JSON.parse(answer.body) as { metadata: { resourceVersion: string } };
      made.push({ name, resourceVersion: object.metadata.resourceVersion });
    }
    return made;
  }

  async function list(client: PlainClient): Promise<{ metadata: { name: string } }[]> {
    const answer = await client.send('GET', CONFIG_MAPS);
    if (answer.kind !== 'answered') throw new Error(answer.reason);
    return (JSON.parse(answer.body) as { items: { metadata: { name: string } }[] }).items;
  }

  /** The events of one second after a revision: the server ends the watch. */
  async function watchFrom(client: PlainClient, resourceVersion: string, count: number): Promise<readonly Event[]> {
    const answer = await client.send(
      'GET',
      `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=${resourceVersion}`,
    );
    if (answer.kind !== 'answered') throw new Error(answer.reason);
    const events = answer.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(events.length).toBeGreaterThanOrEqual(count);
    return events.filter((event) => event.type !== 'BOOKMARK');
  }
});
