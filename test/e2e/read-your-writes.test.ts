// What one server acknowledged, every other server knows at once: no false refusal, no stale read.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ClusterUnderTest, PlainClient } from '../../chaos/index.ts';
import { prng } from '../../src/lib/index.ts';
import { threeServers } from './support/three-servers.ts';

const TIMES = 1_000;
const AT_ONCE = 4;
const SEED = 20_260_101;

interface Pod {
  readonly metadata: { readonly resourceVersion: string; labels?: Record<string, string> };
}

describe('three servers', () => {
  let cluster: ClusterUnderTest;
  let clients: readonly PlainClient[];
  beforeAll(async () => {
    cluster = await threeServers();
    clients = cluster.running.topology.servers.map((server) => cluster.clientOf(server.id));
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await cluster.stop();
  });

  it(`are one store: a namespace through one, a pod in it through another at once, its update through a third, ${TIMES} times`, async () => {
    const random = prng(SEED);
    const problems: string[] = [];
    let next = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < TIMES) {
          const i = next;
          next += 1;
          const [a, b, c] = shuffled(clients, () => random.int(3));
          const problem = await oneChain(a as PlainClient, b as PlainClient, c as PlainClient, `chain-${i}`);
          if (problem !== undefined) problems.push(problem);
        }
      }),
    );
    expect(problems).toEqual([]);
  });

  function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
    const turn = random();
    return [...items.slice(turn), ...items.slice(0, turn)];
  }

  /** Answers the first refusal or stale answer, if any. */
  async function oneChain(a: PlainClient, b: PlainClient, c: PlainClient, name: string): Promise<string | undefined> {
    const namespace = await a.send('POST', '/api/v1/namespaces', { metadata: { name } });
    if (statusOf(namespace) !== 201) return `namespace ${name}: ${described(namespace)}`;
    const pods = `/api/v1/namespaces/${name}/pods`;
    const created = await b.send('POST', pods, {
      metadata: { name: 'p' },
      spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'x' }] },
    });
    if (created.kind !== 'answered' || created.status !== 201) return `pod in ${name}: ${described(created)}`;
    const pod = JSON.parse(created.body) as Pod;
    const read = await c.send('GET', `${pods}/p`);
    if (read.kind !== 'answered' || read.status !== 200) return `read in ${name}: ${described(read)}`;
    pod.metadata.labels = { step: 'updated' };
    const updated = await c.send('PUT', `${pods}/p`, pod);
    if (updated.kind !== 'answered' || updated.status !== 200) return `update in ${name}: ${described(updated)}`;
    const back = await a.send('GET', `${pods}/p`);
    if (back.kind !== 'answered') return `second read in ${name}: ${described(back)}`;
    return back.body === updated.body ? undefined : `stale read in ${name}`;
  }

  function statusOf(answer: Answer): number {
    return answer.kind === 'answered' ? answer.status : 0;
  }

  function described(answer: Answer): string {
    return answer.kind === 'answered' ? `${answer.status} ${answer.body.slice(0, 200)}` : answer.reason;
  }
});
