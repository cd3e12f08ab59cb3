// A cluster saved under load, destroyed, and made anew with other sizes at other addresses: everything that was
// acknowledged before the save is there, and what clients remember of the former cluster is told from what is now.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterUnderTest, type Credentials, type PlainClient, plainClient } from '../../chaos/index.ts';
import { eventually, quorate, scratch, startUp } from './support/command.ts';
import { threeServers } from './support/three-servers.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const BEFORE = 150;
const RAISED = 1_000_000_000;

interface Acknowledged {
  readonly name: string;
  readonly resourceVersion: string;
}

describe('a cluster saved under load', () => {
  const folder = scratch();
  const file = join(folder.path, 'saved.qsnap');
  const acknowledged: Acknowledged[] = [];
  let before: readonly Acknowledged[];
  let credentials: Credentials;
  let saved: { readonly revision: number; readonly objects: number; readonly clusterId: string };

  beforeAll(async () => {
    const cluster = await threeServers();
    credentials = cluster.credentials;
    try {
      saved = await saveUnderLoad(cluster);
    } finally {
      // With its folder: nothing is left but the file.
      await cluster.stop();
    }
  });
  afterAll(() => folder.remove());

  async function saveUnderLoad(cluster: ClusterUnderTest): Promise<typeof saved> {
    let isOver = false;
    const load = (async () => {
      for (let i = 0; !isOver; i += 1) acknowledged.push(await create(cluster.balancer, `map-${i}`));
    })();
    await eventually('enough writes', () => (acknowledged.length >= BEFORE ? true : undefined));
    before = [...acknowledged];
    const done = await quorate('snapshot', 'save', file, '--data-dir', cluster.running.layout.root, '--output', 'json');
    expect(done).toMatchObject({ code: 0 });
    isOver = true;
    await load;
    return JSON.parse(done.stdout) as typeof saved;
  }

  it('is a file that says what is in it, is not replaced, and is refused when a bit of it is not as it was', async () => {
    const verified = await quorate('snapshot', 'verify', file, '--output', 'json');
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject(saved);
    expect(saved.objects).toBeGreaterThanOrEqual(BEFORE);
    const again = await quorate('snapshot', 'save', file, '--data-dir', folder.path);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining(`${file} exists`) });
    const damaged = join(folder.path, 'damaged.qsnap');
    const bytes = readFileSync(file);
    const place = bytes.length >> 1;
    bytes[place] = (bytes[place] ?? 0) ^ 4;
    writeFileSync(damaged, bytes);
    const refused = await quorate('snapshot', 'verify', damaged);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/damaged\.qsnap: it is damaged at byte \d+: chunk \d+: its checksum is wrong/);
    const restored = await quorate('snapshot', 'restore', damaged, '--data-dir', join(folder.path, 'never'));
    expect(restored.code).toBe(1);
    const inhabited = await quorate('snapshot', 'restore', file, '--data-dir', folder.path);
    expect(inhabited.stderr).toContain('is not empty');
  });

  it.each([1, 5])(
    'begins anew with %i servers at other ports, with every object that was acknowledged',
    async (servers) => {
      const dataDir = join(folder.path, `restored-${servers}`);
      const size = ['--servers', String(servers), '--port', '0'];
      const restored = await quorate('snapshot', 'restore', file, '--data-dir', dataDir, ...size, '--output', 'json');
      expect(restored).toMatchObject({ code: 0 });
      const { clusterId } = JSON.parse(restored.stdout) as { clusterId: string };
      expect(clusterId).not.toBe(saved.clusterId);
      const up = await startUp(dataDir, '--runtime', 'simulated');
      expect(up.status.servers).toHaveLength(servers);
      // The administrator's certificate of the former cluster is good for the new one.
      const clients = up.status.servers.map((server) => plainClient(server.url, credentials));
      const [client] = clients;
      if (client === undefined) throw new Error('there is a server');
      const lists = await Promise.all(clients.map((each) => list(each)));
      for (const found of lists) {
        expect(before.filter(({ name }) => !found.has(name))).toEqual([]);
        expect([...found]).toEqual([...(lists[0] ?? [])]);
      }
      const [first] = before;
      if (first === undefined) throw new Error('something was acknowledged');
      expect(Number(lists[0]?.get(first.name))).toBe(Number(first.resourceVersion) + RAISED);
      await expectPastRefused(client, first);
      await create(client, 'after');
      for (const each of clients) each.close();
      await up.interrupt();
      rmSync(dataDir, { recursive: true });
    },
  );

  async function expectPastRefused(client: PlainClient, { name, resourceVersion }: Acknowledged): Promise<void> {
    const watch = await client.send(
      'GET',
      `${CONFIG_MAPS}?watch=1&timeoutSeconds=5&resourceVersion=${resourceVersion}`,
    );
    expect(watch).toMatchObject({ kind: 'answered' });
    expect(watch.kind === 'answered' && watch.body).toContain('"code":410');
    const stale = { metadata: { name, resourceVersion }, data: { i: 'changed' } };
    const written = await client.send('PUT', `${CONFIG_MAPS}/${name}`, stale);
    expect(written).toMatchObject({ status: 409 });
  }
});

async function create(client: PlainClient, name: string): Promise<Acknowledged> {
  const answer = await client.send('POST', CONFIG_MAPS, { metadata: { name }, data: { i: name } });
  if (answer.kind !== 'answered' || answer.status !== 201) throw new Error(JSON.stringify(answer));
  const { metadata } = JSON.parse(answer.body) as { metadata: { resourceVersion: string } };
  return { name, resourceVersion: metadata.resourceVersion };
}

/** Name → resourceVersion. */
async function list(client: PlainClient): Promise<ReadonlyMap<string, string>> {
  const answer = await client.send('GET', CONFIG_MAPS);
  if (answer.kind !== 'answered') throw new Error(answer.reason);
  const { items } = JSON.parse(answer.body) as { items: { metadata: { name: string; resourceVersion: string } }[] };
  return new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
}
