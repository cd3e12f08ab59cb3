// The leader's process killed with -9 again and again, under the work of a soak, with pods running.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountsOf, type ClusterUnderTest, DIRECT_NETWORK, STEADY_LOAD, soak } from '../../chaos/index.ts';
import { systemClock } from '../../src/lib/index.ts';
import { eventually } from './support/command.ts';
import { kubectl, kubectlMissing } from './support/kubectl.ts';
import { threeServers } from './support/three-servers.ts';

const ROUNDS = 10;
const clock = systemClock();

if (kubectlMissing !== undefined) process.stderr.write(`skipped: pods while leaders die: ${kubectlMissing}\n`);

describe('a cluster whose leader is killed ten times', () => {
  let cluster: ClusterUnderTest;
  const folder = mkdtempSync(join(tmpdir(), 'quorate-kill-'));
  beforeAll(async () => {
    cluster = await threeServers(2);
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(kubectlMissing !== undefined)(
    'loses nothing, fails no request at a living server, and keeps its pods running',
    async () => {
      const k = kubectl(cluster.running.layout.kubeconfig);
      await k.ok('create deployment steady --image=busybox:1.35 --replicas=3 -- sleep 3600');
      await k.ok('rollout status deployment/steady --timeout=60s');
      const before = await podsOf(k);
      const lines: string[] = [];
      const result = await soak(cluster, DIRECT_NETWORK, {
        seed: 1,
        kinds: ['kill-leader'],
        load: STEADY_LOAD,
        lastsMs: Number.POSITIVE_INFINITY,
        faultsMax: ROUNDS,
        folder,
        clock,
        progress: (line) => lines.push(line),
      });
      process.stderr.write(`${lines.join('\n')}\n`);
      const accounts = accountsOf(result.history, result.faults);
      expect(accounts.failedAtLiving).toEqual([]);
      expect(result.linearizable).toMatchObject({ kind: 'ok' });
      expect(result.watchTroubles).toEqual([]);
      expect(result.faults).toHaveLength(ROUNDS);
      expect(accounts.acknowledged).toBeGreaterThan(ROUNDS);
      await eventually('the deployment to be whole', async () => ((await podsOf(k)) === before ? true : undefined));
    },
    400_000,
  );

  /** Names, uids and restart counts of the pods: the same pods must still run, never restarted. */
  async function podsOf(k: ReturnType<typeof kubectl>): Promise<string> {
    const path =
      '{range .items[*]}{.metadata.name} {.metadata.uid} {.status.phase} {.status.containerStatuses[0].restartCount}{"\\n"}{end}';
    return k.ok('get pods -l app=steady -o', `jsonpath=${path}`);
  }
});
