// Faults of a server's disk and clock. Each says, beside whom it harms, what the server should have done and did not.
import { type Clock, prng, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import {
  CLOCK_STEP_LONGEST_MS,
  CLOCK_STEP_SHORTEST_MS,
  HAND_OVER_LIMIT_MS,
  HANG_MS,
  OUT_PATIENCE_MS,
  POLL_MS,
  RESTART_NOTICED_MS,
  SLOW_SYNC_MS,
  SLOW_WRITE_MS,
  UNSYNCED_MS,
} from '../limits.ts';
import type { Harm } from './harm.ts';
import type { PlannedFault } from './plan.ts';

export interface DiskFaultField {
  readonly cluster: ClusterUnderTest;
  readonly clock: Clock;
}

/** The disk has no room for more: the server goes out, and comes back by itself when there is room. */
export function fillDisk(field: DiskFaultField, server: string, lastsMs: number): Promise<Harm> {
  const disk = field.cluster.disks.of(server);
  return goesOut(field, server, lastsMs, () => disk.fill());
}

/** Nothing written can be made to last: the server goes out. */
export function failSyncs(field: DiskFaultField, server: string, lastsMs: number): Promise<Harm> {
  const disk = field.cluster.disks.of(server);
  return goesOut(field, server, lastsMs, async () => disk.set({ sync: 'fails' }));
}

async function goesOut(
  field: DiskFaultField,
  server: string,
  lastsMs: number,
  fault: () => Promise<void>,
): Promise<Harm> {
  const { cluster, clock } = field;
  const pid = cluster.pidOf(server);
  await fault();
  const from = clock.monotonic();
  const isOut = await cluster.gone(server, pid, OUT_PATIENCE_MS);
  const afterMs = clock.monotonic() - from;
  await sleep(clock, Math.max(0, lastsMs - afterMs));
  const broken = isOut ? [] : [`${server} went on for ${OUT_PATIENCE_MS} ms with a disk that takes nothing`];
  return { harmed: [server], broken, outAfterMs: afterMs, told: `${server} out after ${afterMs.toFixed(0)} ms` };
}

/** Syncs do not return: a leader hands over to a follower that can, and a follower is not waited for. */
export async function hangSyncs(field: DiskFaultField, server: string, leads: boolean): Promise<Harm> {
  const { cluster, clock } = field;
  const from = clock.monotonic();
  cluster.disks.of(server).set({ sync: 'hangs' });
  let handedOverMs: number | undefined;
  while (clock.monotonic() - from < HANG_MS) {
    await sleep(clock, POLL_MS);
    if (!leads || handedOverMs !== undefined) continue;
    const { leader } = await cluster.status();
    if (leader !== null && leader !== server) handedOverMs = clock.monotonic() - from;
  }
  if (!leads) return { harmed: [server] };
  const told = handedOverMs === undefined ? undefined : `handed over after ${handedOverMs.toFixed(0)} ms`;
  const broken =
    (handedOverMs ?? Number.POSITIVE_INFINITY) <= HAND_OVER_LIMIT_MS
      ? []
      : [`${server} led on although its disk hung (${told ?? `for ${HANG_MS} ms`})`];
  return { harmed: [server], broken, ...(told === undefined ? {} : { told }) };
}

/** A disk that takes its time: slower, and no request fails. */
export async function slowDisk(field: DiskFaultField, server: string, lastsMs: number): Promise<Harm> {
  field.cluster.disks.of(server).set({ syncDelayMs: SLOW_SYNC_MS, writeDelayMs: SLOW_WRITE_MS });
  await sleep(field.clock, lastsMs);
  return { harmed: [] };
}

/** The wall clock jumps, and back again when it is healed. Nothing rests on it. */
export async function stepClock(field: DiskFaultField, server: string, planned: PlannedFault): Promise<Harm> {
  const random = prng(planned.seed);
  const byMs = CLOCK_STEP_SHORTEST_MS + random.int(CLOCK_STEP_LONGEST_MS - CLOCK_STEP_SHORTEST_MS);
  const clockOffsetMs = random.chance(0.5) ? byMs : -byMs;
  field.cluster.disks.of(server).set({ clockOffsetMs });
  await sleep(field.clock, planned.lastsMs);
  return { harmed: [], told: `${server} by ${(clockOffsetMs / 1000).toFixed(0)} s` };
}

/** The power of these servers fails at one moment: what they had not synced is kept, lost or torn. */
export async function losePower(
  field: DiskFaultField,
  servers: readonly string[],
  planned: PlannedFault,
): Promise<Harm> {
  const { cluster, clock } = field;
  const random = prng(planned.seed);
  for (const server of servers) cluster.disks.of(server).set({ journal: true });
  await sleep(clock, planned.lastsMs);
  // Syncs are quick: most cuts would find nothing to take. Half of them come while a sync takes its time.
  if (random.chance(0.5)) {
    for (const server of servers) cluster.disks.of(server).set({ journal: true, sync: 'hangs' });
    await sleep(clock, UNSYNCED_MS);
  }
  // A stopped process changes nothing any more, and is not missed yet: its files are rolled back before it is started again.
  const pids = servers.map((server) => cluster.signal(server, 'SIGSTOP'));
  const told: string[] = [];
  try {
    await Promise.all(pids.map((pid) => cluster.stopped(pid)));
    for (const server of servers) {
      const { unsynced, names } = cluster.disks.of(server).cutPower(random);
      told.push(`${server}: ${unsynced} changes were not synced, ${names} names undone`);
    }
  } finally {
    for (const server of servers) {
      cluster.disks.of(server).set({});
      cluster.signal(server, 'SIGKILL');
    }
  }
  await sleep(clock, RESTART_NOTICED_MS);
  return { harmed: servers, told: told.join('; ') };
}
