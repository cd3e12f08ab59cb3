// Services through three servers as processes: no cluster IP or node port is given twice, and what is deleted can be had again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterUnderTest, PlainClient } from '../../chaos/index.ts';
import { defined } from '../../src/lib/index.ts';
import { threeServers } from './support/three-servers.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const COUNT = 200;

interface Address {
  readonly clusterIP: string;
  readonly nodePort: number;
}

describe('200 services that are created at once through three servers', () => {
  let cluster: ClusterUnderTest;
  let clients: readonly PlainClient[];
  beforeAll(async () => {
    cluster = await threeServers();
    const { servers } = cluster.running.topology;
    // Each has one connection.
    clients = Array.from({ length: COUNT }, (_, at) =>
      cluster.clientOf(defined(servers[at % servers.length], 'a server').id),
    );
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await cluster.stop();
  });

  /** Sends one for each service, all at once, through the servers in turn. Answers the bodies. */
  function forEach(method: string, body: (at: number) => unknown, status: number): Promise<readonly unknown[]> {
    const answers = clients.map(async (client, at) => {
      const path = method === 'POST' ? SERVICES : `${SERVICES}/s${at}`;
      const answer = await client.send(method, path, body(at));
      expect(answer).toMatchObject({ kind: 'answered', status });
      return answer.kind === 'answered' ? (JSON.parse(answer.body) as unknown) : undefined;
    });
    return Promise.all(answers);
  }

  const service = (at: number, address?: Address): object => ({
    metadata: { name: `s${at}` },
    spec: {
      type: 'NodePort',
      ...(address && { clusterIP: address.clusterIP }),
      ports: [{ port: 80, ...(address && { nodePort: address.nodePort }) }],
    },
  });
  const addressOf = (body: unknown): Address => {
    const { spec } = body as { spec: { clusterIP: string; ports: { nodePort: number }[] } };
    return { clusterIP: spec.clusterIP, nodePort: defined(spec.ports[0], 'a port').nodePort };
  };

  it('share no address, and leave all of them free when they are deleted', async () => {
    const given = (await forEach('POST', (at) => service(at), 201)).map(addressOf);
    expect(new Set(given.map(({ clusterIP }) => clusterIP)).size).toBe(COUNT);
    expect(new Set(given.map(({ nodePort }) => nodePort)).size).toBe(COUNT);
    await forEach('DELETE', () => undefined, 200);
    // Each asks for the addresses of another: none is still taken.
    const wanted = (at: number): Address => defined(given[COUNT - 1 - at], 'an address');
    const again = (await forEach('POST', (at) => service(at, wanted(at)), 201)).map(addressOf);
    expect(again).toEqual([...given].reverse());
  });
});
