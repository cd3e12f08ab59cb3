// Damages a file of one server, or of two at once, and sees what becomes of it: within a minute the server has repaired itself,
// or says in plain words that it is to be replaced.
//
// 1. The file is chosen. A running server's is damaged at once, and the server runs on for a moment.
// 2. The process is stopped (SIGSTOP): nothing changes any more. Its folder is copied, without the damage.
// 3. A stopped server's file is damaged now, and the process is killed; the supervisor starts it again.
// 4. A server that asks to be replaced is replaced by the member commands. Where that cannot be, because the other one does not
//    serve either, it is given its folder back as it was when it was killed. That is as good as a new member: it has
//    acknowledged nothing since, because it did not run. Nor has either of two that halted: with the third alone nothing is
//    ever agreed. Who halted beside one that asked may have, and comes back by itself once that one is there.
//    A peer that met the log that one of them began meanwhile forgets that.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, prng, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import type { Backup } from '../disks/server-disks.ts';
import { DAMAGED_RUN_MS, HALT_LIMIT_MS, POLL_MS, REPAIR_LIMIT_MS } from '../limits.ts';
import { type DamageRecord, doDamage, type PlannedDamage, planDamage, undoDamage } from './damage.ts';
import type { Harm } from './harm.ts';
import type { PlannedFault } from './plan.ts';
import { asksToBeReplaced, logEnd, replace } from './replacement.ts';

interface Victim {
  readonly server: string;
  readonly planned: PlannedDamage;
  readonly running: boolean;
  readonly backup: Backup;
  /** Where its log ended when it was killed. */
  readonly logBytes: number;
}

export async function corrupt(
  field: { readonly cluster: ClusterUnderTest; readonly clock: Clock },
  servers: readonly string[],
  planned: PlannedFault,
): Promise<Harm> {
  const { cluster, clock } = field;
  const random = prng(planned.seed);
  const victims: Victim[] = [];
  for (const server of servers) {
    const running = random.chance(0.4);
    const { folder } = cluster.disks.of(server);
    const damage = planDamage(folder, running, random);
    if (running) {
      doDamage(folder, damage);
      await sleep(clock, DAMAGED_RUN_MS);
    }
    victims.push(await killDamaged(cluster, server, damage, running));
  }
  const from = clock.monotonic();
  const limitMs = servers.length === 1 ? REPAIR_LIMIT_MS : HALT_LIMIT_MS;
  const outcomes = await outcomesOf(field, victims, from + limitMs);
  const damages = victims.map(({ server, planned: { file, fileKind, damage }, running }): DamageRecord => {
    const { outcome, atMs } = outcomes.get(server) ?? {
      outcome: servers.length > 1 ? 'halted' : 'lost',
      atMs: clock.monotonic(),
    };
    return { server, file, fileKind, damage, running, outcome, afterMs: atMs - from };
  });
  const everybody = cluster.running.topology.servers.map(({ id }) => id);
  const replaced = await help(cluster, victims, outcomes);
  return {
    // Without two of three nobody is served.
    harmed: servers.length === 1 ? servers : everybody,
    damages,
    broken: damages.flatMap(({ server, file, damage, outcome }) =>
      outcome === 'lost' ? [`${server} (${damage} in ${file}) neither came back nor asked to be replaced`] : [],
    ),
    told: [
      ...damages.map(
        ({ server, file, damage, running, outcome, afterMs }) =>
          `${server} ${running ? 'running' : 'down'}, ${damage} in ${file}: ${outcome} after ${(afterMs / 1000).toFixed(1)} s`,
      ),
      ...replaced,
    ].join('; '),
  };
}

/** A server alone that asks is replaced; the others get their folders back. Answers what was done, in words. */
async function help(
  cluster: ClusterUnderTest,
  victims: readonly Victim[],
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<readonly string[]> {
  const told: string[] = [];
  const away = victims.filter(({ server }) => outcomes.get(server)?.outcome !== 'whole');
  const allHalted = away.every(({ server }) => outcomes.get(server) === undefined);
  for (const { server, backup } of victims) {
    if (!away.some((other) => other.server === server)) {
      await backup.drop();
    } else if (away.length === 1 && outcomes.get(server)?.outcome === 'asks') {
      await backup.drop();
      told.push(`${await replace(cluster, server, 'remove first')} took the place of ${server}`);
    } else if (away.length === 1 || outcomes.get(server)?.outcome === 'asks' || allHalted) {
      await restore(cluster, server, backup);
    } else await backup.drop();
  }
  if (away.length > 1) await forgetPeers(cluster, victims);
  return told;
}

/** Of those that were not hurt: whom they have met. Without the list they meet everybody anew (raft/adapters/known-peers.ts). */
async function forgetPeers(cluster: ClusterUnderTest, victims: readonly Victim[]): Promise<void> {
  const hurt = new Set(victims.map(({ server }) => server));
  for (const { id } of cluster.running.topology.servers) {
    if (hurt.has(id)) continue;
    const pid = cluster.signal(id, 'SIGKILL');
    await cluster.gone(id, pid, REPAIR_LIMIT_MS);
    rmSync(join(cluster.running.layout.member(id), 'peers'), { force: true });
  }
}

async function killDamaged(
  cluster: ClusterUnderTest,
  server: string,
  planned: Victim['planned'],
  running: boolean,
): Promise<Victim> {
  const disk = cluster.disks.of(server);
  const pid = cluster.signal(server, 'SIGSTOP');
  try {
    await cluster.stopped(pid);
    const backup = await disk.backUp();
    if (running) undoDamage(backup.folder, planned);
    else doDamage(disk.folder, planned);
    return { server, planned, running, backup, logBytes: logEnd(cluster, server) };
  } finally {
    cluster.signal(server, 'SIGKILL');
    await cluster.gone(server, pid, REPAIR_LIMIT_MS);
  }
}

interface Outcome {
  readonly outcome: 'whole' | 'asks';
  readonly atMs: number;
}

/** Until everybody is ready, or said that it is to be replaced, or the time is over. */
async function outcomesOf(
  { cluster, clock }: { readonly cluster: ClusterUnderTest; readonly clock: Clock },
  victims: readonly Victim[],
  deadlineMs: number,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  while (outcomes.size < victims.length && clock.monotonic() < deadlineMs) {
    await sleep(clock, POLL_MS);
    const { servers } = await cluster.status();
    for (const { server, logBytes } of victims) {
      if (outcomes.has(server)) continue;
      const atMs = clock.monotonic();
      const isReady = servers.find(({ id }) => id === server)?.ready === true;
      if (isReady) outcomes.set(server, { outcome: 'whole', atMs });
      else if (asksToBeReplaced(cluster, server, logBytes)) outcomes.set(server, { outcome: 'asks', atMs });
    }
  }
  return outcomes;
}

async function restore(cluster: ClusterUnderTest, server: string, backup: Backup): Promise<void> {
  try {
    cluster.signal(server, 'SIGKILL');
  } catch {
    // It does not run at this moment: it has given up once more.
  }
  await backup.restore();
}
