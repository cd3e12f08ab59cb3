// One user floods a server with 500 requests in flight: they are answered as seats become free, or told to come again later. Another
// user is served all the while, and no process ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type ClusterUnderTest,
  type Credentials,
  type PlainClient,
  plainClient,
} from '../../chaos/index.ts';
import { openAuthority } from '../../cluster/certificates.ts';
import { defined, sleep, systemClock } from '../../src/lib/index.ts';
import { bundle } from '../support/bundled.ts';
import type { FloodCounts, FloodOptions } from './support/flooder.ts';
import { threeServers } from './support/three-servers.ts';

const IN_FLIGHT = 500;
const ASKED = 300;
const PAUSE_MS = 20;
const PATH = '/api/v1/namespaces/default/configmaps/flooded';

describe('three servers, of which one is flooded', () => {
  const clock = systemClock();
  let cluster: ClusterUnderTest;
  let folder: string;
  beforeAll(async () => {
    cluster = await threeServers();
    folder = cluster.running.layout.pki;
  });
  afterAll(() => cluster.stop());

  /** A user like any other: not an administrator, whom nothing limits. */
  async function identityOf(name: string): Promise<Credentials> {
    const authority = await openAuthority(folder, cluster.running.topology.clusterId, clock);
    await authority.ensure({ name, commonName: name, hosts: [], usages: ['client'] });
    const read = (suffix: string): string => readFileSync(join(folder, `${name}.${suffix}`), 'utf8');
    return { ca: authority.caPem, cert: read('crt'), key: read('key') };
  }

  /** Resolves when it is under way. */
  async function startFlood(url: string, credentials: Credentials): Promise<{ end(): Promise<FloodCounts> }> {
    const program = join(folder, 'flooder.mjs');
    await bundle('test/e2e/support/flooder.ts', program);
    const options: FloodOptions = { ...credentials, url: `${url}${PATH}`, inFlight: IN_FLIGHT };
    writeFileSync(join(folder, 'flood.json'), JSON.stringify(options));
    const flood = spawn(process.execPath, [program, join(folder, 'flood.json')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    flood.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(flood.stdout, 'data');
    return {
      async end() {
        flood.stdin.end();
        await once(flood, 'close');
        return JSON.parse(text.split('\n').at(-1) ?? '') as FloodCounts;
      },
    };
  }

  /** Asks one after another; answers the statuses and the times in milliseconds. */
  async function ask(client: PlainClient): Promise<{ statuses: Set<number>; p50: number; p99: number }> {
    const statuses = new Set<number>();
    const times: number[] = [];
    for (let i = 0; i < ASKED; i++) {
      const sinceMs = clock.monotonic();
      const answer: Answer = await client.send('GET', PATH);
      times.push(clock.monotonic() - sinceMs);
      statuses.add(answer.kind === 'answered' ? answer.status : 0);
      await sleep(clock, PAUSE_MS);
    }
    times.sort((a, b) => a - b);
    const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
    return { statuses, p50: at(0.5), p99: at(0.99) };
  }

  it(`serve another user while ${IN_FLIGHT} requests of the first are in flight, and refuse of these what is too much`, async () => {
    const server = defined(cluster.running.topology.servers[0], 'a server').id;
    const pids = cluster.running.topology.servers.map(({ id }) => cluster.pidOf(id));
    const admin = cluster.clientOf(server);
    expect(
      await admin.send('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'flooded' } }),
    ).toMatchObject({ kind: 'answered', status: 201 });
    const [loud, quiet] = await Promise.all([identityOf('loud'), identityOf('quiet')]);
    await allowEverything(admin, ['loud', 'quiet']);
    await setApart(admin, 'loud');
    const client = plainClient(cluster.urlOf(server), quiet);
    const alone = await ask(client);
    const flood = await startFlood(cluster.urlOf(server), loud);
    const beside = await ask(client);
    const counts = await flood.end();
    client.close();
    admin.close();

    const figures = `quiet user: p50 ${alone.p50.toFixed(1)} ms, p99 ${alone.p99.toFixed(1)} ms alone; p50 ${beside.p50.toFixed(1)} ms, p99 ${beside.p99.toFixed(1)} ms beside the flood (× ${(beside.p99 / alone.p99).toFixed(1)}); the flood: ${JSON.stringify(counts)}`;
    process.stderr.write(`${figures}\n`);
    expect([...alone.statuses, ...beside.statuses]).toEqual([200, 200]);
    expect(Object.keys(counts).sort()).toEqual(['200', '429']);
    expect(cluster.running.topology.servers.map(({ id }) => cluster.pidOf(id))).toEqual(pids);
  });
});

/** Where permissions are asked of roles. */
async function allowEverything(admin: PlainClient, users: readonly string[]): Promise<void> {
  await admin.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'flood' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: users.map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name })),
  });
}

/** A level of few seats and short queues: a client on the same machine is too slow to fill those that a server has by itself. */
async function setApart(admin: PlainClient, user: string): Promise<void> {
  const group = '/apis/flowcontrol.apiserver.k8s.io/v1';
  const limitResponse = { type: 'Queue', queuing: { queues: 8, handSize: 2, queueLengthLimit: 10 } };
  const level = { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse } };
  const schema = {
    priorityLevelConfiguration: { name: 'crowd' },
    matchingPrecedence: 50,
    rules: [
      {
        subjects: [{ kind: 'User', user: { name: user } }],
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
      },
    ],
  };
  await admin.send('POST', `${group}/prioritylevelconfigurations`, { metadata: { name: 'crowd' }, spec: level });
  await admin.send('POST', `${group}/flowschemas`, { metadata: { name: 'crowd' }, spec: schema });
}
