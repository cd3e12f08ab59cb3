// Servers come and go under the load, by the commands that operators have. In the end there are as many voters as before,
// and one of them is new; or a learner came and went. A server whose disk was emptied is disowned by its peers, and replaced.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, prng, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { POLL_MS, REPAIR_LIMIT_MS } from '../limits.ts';
import type { Harm } from './harm.ts';
import type { PlannedFault } from './plan.ts';
import { asksToBeReplaced, logEnd, remove, replace } from './replacement.ts';

interface Field {
  readonly cluster: ClusterUnderTest;
  readonly clock: Clock;
}

interface Roles {
  readonly leader: string;
  readonly follower: string;
}

const FORMS = ['a follower', 'the leader', 'a follower, removed first', 'a promoted learner', 'a learner'] as const;

export async function churn({ cluster }: Field, { leader, follower }: Roles, planned: PlannedFault): Promise<Harm> {
  const form = prng(planned.seed).pick(FORMS);
  const votersBefore = await voters(cluster);
  const { added, removed } = await change(cluster, form, leader, follower);
  const now = await voters(cluster);
  const kept = now.length === votersBefore.length && !now.includes(removed);
  return {
    harmed: [removed],
    broken: kept ? [] : [`after ${added} came and ${removed} went the voters are ${now.join(', ')}`],
    told: `${form}: ${added} came, ${removed} went`,
  };
}

interface Change {
  readonly added: string;
  readonly removed: string;
}

async function change(
  cluster: ClusterUnderTest,
  form: (typeof FORMS)[number],
  leader: string,
  follower: string,
): Promise<Change> {
  switch (form) {
    case 'a follower':
    case 'the leader': {
      const removed = form === 'the leader' ? leader : follower;
      const added = await cluster.members.add(false);
      // From now on clients go there, too.
      await cluster.whole();
      await remove(cluster, removed);
      return { added, removed };
    }
    case 'a follower, removed first':
      return { added: await replace(cluster, follower, 'remove first'), removed: follower };
    case 'a promoted learner': {
      const added = await cluster.members.add(true);
      await cluster.whole();
      await cluster.members.promote(added);
      await remove(cluster, follower);
      return { added, removed: follower };
    }
    case 'a learner': {
      const added = await cluster.members.add(true);
      await cluster.whole();
      await remove(cluster, added);
      return { added, removed: added };
    }
  }
}

async function voters(cluster: ClusterUnderTest): Promise<readonly string[]> {
  const { servers } = await cluster.status();
  return servers.filter(({ place }) => place === 'voter').map(({ id }) => id);
}

/**
 * The server is killed and everything in its folder is gone, but its configuration, which is not its own. It starts with nothing, as
 * another one under the same name, and must never vote again: what it had promised is forgotten.
 */
export async function wipe({ cluster, clock }: Field, server: string, planned: PlannedFault): Promise<Harm> {
  const { folder } = cluster.disks.of(server);
  const configuration = cluster.running.layout.configFile(server);
  const pid = cluster.signal(server, 'SIGSTOP');
  const since = logEnd(cluster, server);
  try {
    await cluster.stopped(pid);
    for (const name of readdirSync(folder))
      if (join(folder, name) !== configuration) rmSync(join(folder, name), { recursive: true, force: true });
  } finally {
    cluster.signal(server, 'SIGKILL');
    await cluster.gone(server, pid, REPAIR_LIMIT_MS);
  }
  const from = clock.monotonic();
  let isReady = false;
  let asks = false;
  while (!isReady && !asks && clock.monotonic() - from < REPAIR_LIMIT_MS) {
    await sleep(clock, POLL_MS);
    const { servers } = await cluster.status();
    isReady = servers.some(({ id, ready }) => id === server && ready);
    asks = asksToBeReplaced(cluster, server, since);
  }
  const afterMs = clock.monotonic() - from;
  const added = await replace(cluster, server, prng(planned.seed).pick(['add first', 'remove first'] as const));
  return {
    harmed: [server],
    broken: asks ? [] : [`${server} lost everything, and ${isReady ? 'was let in again' : 'did not say so'}`],
    told: `${server} was disowned after ${(afterMs / 1000).toFixed(1)} s, ${added} took its place`,
  };
}
