// Real processes on damaged files: a server whose log was damaged while it was down, and one whose state was, repair
// themselves, keep what was damaged in the quarantine, and end equal to the others. One whose identity is destroyed asks to
// be replaced, and is.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainClient } from '../../chaos/index.ts';
import { layoutOf } from '../../cluster/index.ts';
import { defined } from '../../src/lib/index.ts';
import { eventually, quorate, scratch, startUp, type Up } from './support/command.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const MADE = 20;

describe('a server whose files were damaged while it was down', () => {
  const folder = scratch();
  const dataDir = join(folder.path, 'cluster');
  const layout = layoutOf(dataDir);
  let up: Up | undefined;

  beforeAll(async () => {
    up = await startUp(dataDir, '--servers', '3', '--workers', '0', '--port', '0', '--runtime', 'simulated');
    const client = clientOf(up.status.endpoint);
    for (let i = 0; i < MADE; i++)
      await client.send('POST', CONFIG_MAPS, {
        metadata: { name: `map-${i}` },
      });
    client.close();
  });
  afterAll(async () => {
    await up?.interrupt();
    folder.remove();
  });

  function clientOf(url: string) {
    const admin = layout.certificate('admin');
    const read = (file: string): string => readFileSync(file, 'utf8');
    return plainClient(url, {
      ca: read(join(layout.pki, 'ca.crt')),
      cert: read(admin.cert),
      key: read(admin.key),
    });
  }

  /** Every object is there at each server, and all are ready at the same entry. */
  async function areEqual(running: Up): Promise<void> {
    await eventually('all are ready and equal', async () => {
      const { servers } = await running.refresh();
      const isWhole = servers.every(({ ready, repairing }) => ready && !repairing);
      return isWhole && new Set(servers.map(({ appliedIndex }) => appliedIndex)).size === 1 ? true : undefined;
    });
    for (const { url } of (await running.refresh()).servers) {
      const client = clientOf(url);
      const answer = await client.send('GET', CONFIG_MAPS);
      client.close();
      if (answer.kind !== 'answered') throw new Error(answer.reason);
      const { items } = JSON.parse(answer.body) as {
        items: { metadata: { name: string } }[];
      };
      expect(items.filter(({ metadata }) => metadata.name.startsWith('map-'))).toHaveLength(MADE);
    }
  }

  /** What the quarantine of a server holds: logs or states. */
  function quarantined(member: string): readonly string[] {
    const quarantine = join(layout.member(member), 'quarantine');
    return existsSync(quarantine) ? readdirSync(quarantine).flatMap((at) => readdirSync(join(quarantine, at))) : [];
  }

  it('has its log filled again by the others', async () => {
    await up?.interrupt();
    const log = join(layout.member('server-2'), 'log');
    const segment = join(log, readdirSync(log).find((name) => name.endsWith('.segment')) ?? '');
    const bytes = readFileSync(segment);
    writeFileSync(segment, bytes.fill(0x5a, 400, 420));
    up = await startUp(dataDir, '--runtime', 'simulated');
    await areEqual(up);
    expect(quarantined('server-2')).toEqual(['log']);
  });

  it('has its state built anew', async () => {
    await up?.interrupt();
    const state = join(layout.member('server-3'), 'state');
    for (const name of readdirSync(state)) if (name.startsWith('MANIFEST')) rmSync(join(state, name));
    up = await startUp(dataDir, '--runtime', 'simulated');
    await areEqual(up);
    expect(quarantined('server-3')).toEqual(['state']);
  });

  it('asks to be replaced when its identity was destroyed, which status shows, and the member commands do it', async () => {
    const running = defined(up, 'a cluster');
    const { servers, leader } = await running.refresh();
    const victim = defined(
      servers.find(({ id }) => id !== leader),
      'a follower',
    );
    process.kill(defined(victim.pid ?? undefined, 'its process'), 'SIGKILL');
    const identity = join(layout.member(victim.id), 'log', 'identity');
    writeFileSync(identity, readFileSync(identity).fill(0x5a, 10, 30));
    const shown = await eventually('it asks to be replaced', async () => {
      const status = await quorate('status', '--data-dir', dataDir);
      return status.stdout.includes('Replace this member') ? status : undefined;
    });
    expect(shown).toMatchObject({ code: 3, stdout: expect.stringMatching(/^cluster +not ready/) });
    expect(shown.stdout).toMatch(
      new RegExp(`${victim.id} .* down .*the Raft log is damaged: identity: .*quorate member remove`),
    );

    expect(await quorate('member', 'remove', victim.id, '--data-dir', dataDir)).toMatchObject({ code: 0 });
    const added = await quorate('member', 'add', '--data-dir', dataDir);
    expect(added).toMatchObject({ code: 0, stdout: 'server-4 votes\n' });
    await areEqual(running);
    const after = await running.refresh();
    expect(after.ready).toBe(true);
    expect(after.removed).toEqual([victim.id]);
    expect(after.servers.map(({ id, place }) => `${id} ${place}`)).toContain('server-4 voter');
    expect(after.servers).toHaveLength(3);
  });
});
