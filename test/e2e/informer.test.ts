// An informer of the public JavaScript client, while servers are killed: each event once, in order.
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterUnderTest } from '../../chaos/index.ts';
import { systemClock } from '../../src/lib/index.ts';
import { eventually } from './support/command.ts';
import { threeServers } from './support/three-servers.ts';

const clock = systemClock();
const NAMESPACE = 'default';
const OBJECTS = 5;
const ROUNDS = 60;
const KILL_EVERY_ROUNDS = 10;

describe('an informer of @kubernetes/client-node', () => {
  let cluster: ClusterUnderTest;
  beforeAll(async () => {
    cluster = await threeServers();
  });
  afterAll(() => cluster.stop());

  it('sees every event once, in order, while servers are killed', async () => {
    const config = new KubeConfig();
    config.loadFromFile(cluster.running.layout.kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    const seen: string[] = [];
    const note = (what: string) => (object: V1ConfigMap) => {
      if (object.metadata?.name?.startsWith('seen-'))
        seen.push(`${what} ${object.metadata.name} ${object.data?.['round'] ?? ''}`);
    };
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${NAMESPACE}/configmaps`, () =>
      api.listNamespacedConfigMap({ namespace: NAMESPACE }),
    );
    informer.on('add', note('add'));
    informer.on('update', note('update'));
    informer.on('delete', note('delete'));
    // The client's informer stops at an error; its documentation tells users to start it again.
    informer.on('error', () => void clock.timer(20, () => void informer.start()));
    await informer.start();

    const expected = await drive(cluster);
    await eventually('the last event', () => (seen.length >= expected.length ? true : undefined), 60_000);
    await informer.stop();
    expect(perObject(seen)).toEqual(perObject(expected));
  });

  /** Creates, updates and deletes objects through the load balancer; kills servers meanwhile. Answers what must be seen. */
  async function drive(target: ClusterUnderTest): Promise<readonly string[]> {
    const expected: string[] = [];
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
    const names = Array.from({ length: OBJECTS }, (_, i) => `seen-${i}`);
    for (const name of names) await until(target, 'POST', path, { metadata: { name }, data: { round: '0' } });
    expected.push(...names.map((name) => `add ${name} 0`));
    for (let round = 1; round <= ROUNDS; round += 1) {
      if (round % KILL_EVERY_ROUNDS === 0) {
        const status = await target.whole();
        const victims = status.servers.map((server) => server.id);
        target.signal(victims[(round / KILL_EVERY_ROUNDS) % victims.length] ?? '', 'SIGKILL');
      }
      for (const name of names) {
        await until(target, 'PUT', `${path}/${name}`, { metadata: { name }, data: { round: String(round) } });
        expected.push(`update ${name} ${round}`);
      }
    }
    for (const name of names) await until(target, 'DELETE', `${path}/${name}`, undefined);
    expected.push(...names.map((name) => `delete ${name} ${ROUNDS}`));
    return expected;
  }

  /** Repeats a request whose connection ended: all of them may be repeated, for they leave the same state. */
  async function until(target: ClusterUnderTest, method: string, path: string, body: unknown): Promise<void> {
    for (;;) {
      const answer = await target.balancer.send(
        method,
        path,
        body === undefined ? undefined : { apiVersion: 'v1', kind: 'ConfigMap', ...(body as object) },
      );
      if (answer.kind === 'ended') continue;
      const repeated = (method === 'POST' && answer.status === 409) || (method === 'DELETE' && answer.status === 404);
      if (answer.status < 300 || repeated) return;
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    }
  }

  /** Events by object: order is promised per object, across objects it is the order of revisions. */
  function perObject(events: readonly string[]): Record<string, string[]> {
    const grouped: Record<string, string[]> = {};
    for (const event of events) {
      const [what = '', name = '', round = ''] = event.split(' ');
      grouped[name] = [...(grouped[name] ?? []), `${what} ${round}`];
    }
    return grouped;
  }
});
