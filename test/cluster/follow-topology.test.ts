// What a supervisor does with the files of a server that is gone from cluster.json, at whichever step one before it was killed.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { directRoute } from '../../cluster/component-configs.ts';
import { prepareDataDirectory, writeTopology } from '../../cluster/data-directory.ts';
import { followTopology } from '../../cluster/follow-topology.ts';
import { withoutServer } from '../../cluster/growth.ts';
import { forgetServer, peerName, servingName } from '../../cluster/identities.ts';
import type { Layout } from '../../cluster/layout.ts';
import { TOPOLOGY_CHECK_MS } from '../../cluster/limits.ts';
import { planTopology } from '../../cluster/topology.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

const three = planTopology({ servers: 3, workers: 0, port: 6443, runtime: 'simulated' }, 'c1', []);
const without2 = withoutServer(three, 'server-2');
let layout: Layout;

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'quorate-follow-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  layout = prepareDataDirectory(root);
  for (const { id } of three.servers) {
    for (const name of [servingName(id), peerName(id)])
      for (const file of Object.values(layout.certificate(name))) writeFileSync(file, id);
    mkdirSync(join(layout.member(id), 'log'), { recursive: true });
  }
  writeTopology(layout, without2);
});

/** A supervisor that starts on the directory, looks at the file once, and ends; answers whom it has ended. */
async function follow(): Promise<readonly string[]> {
  const ended: string[] = [];
  const clock = manualClock();
  const kept = without2.servers.map(({ id }) => ({ name: id, pid: undefined, restarts: 0 }));
  const following = followTopology({
    means: {
      layout,
      network: { listenHost: undefined, apiHost: '127.0.0.1' },
      command: ['/bin/false'],
      tuning: undefined,
      environmentOf: undefined,
      supervisor: {
        run: () => undefined,
        list: () => kept,
        end: async (name) => void ended.push(name),
        stop: async () => undefined,
      },
    },
    routeFor: async () => directRoute,
    ensureIdentities: async () => undefined,
    clock,
    logger: silentLogger,
    topology: without2,
  });
  clock.advance(TOPOLOGY_CHECK_MS);
  await following.stop();
  return ended;
}

const others = ['server-1', 'server-3'].flatMap((id) =>
  ['peer.crt', 'peer.key', 'serving.crt', 'serving.key'].map((file) => `${id}-${file}`),
);
const aside = expect.stringMatching(/^server-2-\d{8}T\d{6}Z$/);

describe('the files of a server that is gone', () => {
  it.each([
    ['none of them is touched yet', () => undefined],
    ['a part of its keys is deleted', () => rmSync(layout.certificate(peerName('server-2')).cert)],
    ['its keys are deleted, its folder is still there', () => forgetServer(layout, 'server-2')],
  ])('are cleared up when %s: keys deleted, folder set aside', async (_, interruptedAfter) => {
    interruptedAfter();
    expect(await follow()).toEqual(['server-2']);
    expect(readdirSync(layout.pki).sort()).toEqual(others);
    expect(three.servers.map(({ id }) => existsSync(layout.member(id)))).toEqual([true, false, true]);
    expect(readdirSync(layout.removed)).toEqual([aside]);
    expect(await follow()).toEqual([]);
  });

  it('are cleared up when an older version has moved its folder and left its keys', async () => {
    rmSync(layout.member('server-2'), { recursive: true });
    expect(await follow()).toEqual(['server-2']);
    expect(readdirSync(layout.pki).sort()).toEqual(others);
    expect(existsSync(layout.removed)).toBe(false);
    expect(await follow()).toEqual([]);
  });

  it('do not include what nobody of that name ever was', async () => {
    const { key } = layout.certificate(servingName('server-9'));
    mkdirSync(dirname(key), { recursive: true });
    writeFileSync(key, '');
    await follow();
    expect(existsSync(key)).toBe(true);
  });
});
