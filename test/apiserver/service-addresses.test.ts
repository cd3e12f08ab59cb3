// Cluster IPs and node ports through three servers at once: none is given twice, and none is lost.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFaults, repairServiceAddresses } from '../../src/apiserver/background/address-repair.ts';
import { internalEnvelope } from '../../src/apiserver/storage/codec.ts';
import { storeKey } from '../../src/store/index.ts';
import { type TestServer, ThreeServers } from './three-servers.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const COUNT = 200;

let cluster: ThreeServers;
beforeEach(async () => {
  cluster = await ThreeServers.start();
  await cluster.world.advance(3_000);
});
afterEach(() => cluster.stop());

interface Held {
  readonly ips: readonly string[];
  readonly ports: readonly number[];
}

/** What the services hold, as the API tells it. */
async function held(server: TestServer): Promise<Held> {
  const { body } = await cluster.during(server.call('GET', '/api/v1/services'));
  const specs = (body.items as { spec: { clusterIP: string; ports: { nodePort?: number }[] } }[]).map(
    ({ spec }) => spec,
  );
  return {
    ips: specs.map(({ clusterIP }) => clusterIP),
    ports: specs.flatMap(({ ports }) => ports.flatMap(({ nodePort }) => nodePort ?? [])),
  };
}

/** What is recorded as taken. */
function recorded({ context }: TestServer): { ips: string[]; ports: number[] } {
  const snapshot = context.options.store.snapshot();
  const names = (resource: string): string[] =>
    [...snapshot.scan({ prefix: `${resource}/` })].map(({ key }) => key.slice(resource.length + 2));
  return { ips: names('~clusterips').sort(), ports: names('~nodeports').map(Number).sort() };
}

async function expectRecordsMatch(server: TestServer): Promise<Held> {
  const { ips, ports } = await held(server);
  expect(recorded(server)).toEqual({ ips: [...ips].sort(), ports: [...ports].sort() });
  return { ips, ports };
}

function server(at: number): TestServer {
  const all = cluster.all();
  const chosen = all[at % all.length];
  if (chosen === undefined) throw new Error('there are three servers');
  return chosen;
}

const service = (name: string): object => ({
  metadata: { name },
  spec: {
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ],
  },
});

describe('200 services that are created at once through three servers', () => {
  it('have 200 cluster IPs and 400 node ports, which are free again when they are deleted', async () => {
    const creations = Array.from({ length: COUNT }, (_, at) => server(at).call('POST', SERVICES, service(`s${at}`)));
    const answers = await cluster.during(Promise.all(creations));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const { ips, ports } = await expectRecordsMatch(server(0));
    expect(new Set(ips).size).toBe(COUNT + 1);
    expect(new Set(ports).size).toBe(2 * COUNT);

    const deletions = Array.from({ length: COUNT }, (_, at) => server(at + 1).call('DELETE', `${SERVICES}/s${at}`));
    for (const { status } of await cluster.during(Promise.all(deletions))) expect(status).toBe(200);
    await cluster.during(repairServiceAddresses(cluster.leader().context, new AbortController().signal));
    expect(await expectRecordsMatch(server(2))).toEqual({ ips: ['10.96.0.1'], ports: [] });
  });
});

describe('the repair of addresses', () => {
  it('frees what no service holds, records what one does, and touches nothing else', async () => {
    await cluster.during(server(0).call('POST', SERVICES, service('s')));
    const { context } = cluster.leader();
    const { store } = context.options;
    const { ips } = await held(server(0));
    const own = ips.find((ip) => ip !== '10.96.0.1') ?? '';
    const envelope = internalEnvelope({ service: 'default/gone' });
    const writes = [
      { kind: 'put', key: storeKey('~clusterips', '', '10.96.77.77'), envelope },
      { kind: 'put', key: storeKey('~nodeports', '', '31999'), envelope },
      { kind: 'delete', key: storeKey('~clusterips', '', own) },
    ] as const;
    const { signal } = new AbortController();
    await cluster.during(store.commit({ conditions: [], writes }, signal));
    const { leaked, unrecorded } = findFaults(store.snapshot());
    expect([leaked.length, unrecorded.length]).toEqual([2, 1]);

    // By itself, a while later.
    await cluster.world.advance(181_000);
    await expectRecordsMatch(server(0));
    const before = store.status().revision;
    await cluster.during(repairServiceAddresses(context, signal));
    expect(store.status().revision).toBe(before);
  });
});
