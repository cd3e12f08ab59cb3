// Does one planned fault to a cluster, heals it, waits until the cluster is whole, and says what was done to whom, when.
import { type Clock, defined, sleep, UserError } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { READ_PAUSE_MS, READS_AFTER_WAKING_MS, READS_BEFORE_WAKING, RESTART_NOTICED_MS } from '../limits.ts';
import type { LinkCondition } from '../network/link.ts';
import type { PeerNetwork } from '../network/peer-network.ts';
import { corrupt } from './corrupt.ts';
import type { DamageRecord } from './damage.ts';
import { failSyncs, fillDisk, hangSyncs, losePower, slowDisk, stepClock } from './disk-faults.ts';
import { diskFills } from './disk-fills.ts';
import type { Harm } from './harm.ts';
import { churn, wipe } from './member-churn.ts';
import { withTroubles } from './member-trouble.ts';
import type { FaultKind, PlannedFault } from './plan.ts';

/** What was done. Times in ms of the monotonic clock. */
export interface FaultRecord {
  readonly kind: FaultKind;
  readonly leader: string;
  /** Whose clients may notice. */
  readonly harmed: readonly string[];
  readonly fromMs: number;
  readonly healedMs: number;
  readonly wholeMs: number;
  /** The highest term before and after. */
  readonly termBefore: number;
  readonly termAfter: number;
  /** Reads at a server that had slept or been cut off, sent while it was or just after. */
  readonly wakingReads: number;
  /** Promises that were broken meanwhile, beside those that the history tells of. */
  readonly broken: readonly string[];
  /** Files that were damaged, and what came of it. */
  readonly damages: readonly DamageRecord[];
  /** Of a server whose disk took nothing more: until its process had ended. */
  readonly outAfterMs: number | undefined;
  /** What else is worth a line. */
  readonly told: string | undefined;
}

export interface Battlefield {
  readonly cluster: ClusterUnderTest;
  readonly network: PeerNetwork;
  readonly clock: Clock;
  /** Reads at one server, on a connection of its own, what was written last; resolves when it is answered. */
  readonly readNewest: (server: string) => Promise<unknown>;
}

/** Where a leader is told to hand over. */
const TRANSFER_PATH = '/quorate/v1/leader/transfer';
const HAND_OVER_FAILURES = [421, 503, 504];
const CUT: LinkCondition = { kind: 'cut' };
const SLOW: LinkCondition = { kind: 'poor', delayMs: 20, jitterMs: 30, lostShare: 0, resendMs: 0 };
const LOSSY: LinkCondition = { kind: 'poor', delayMs: 0, jitterMs: 5, lostShare: 0.1, resendMs: 200 };

export async function inject(field: Battlefield, planned: PlannedFault): Promise<FaultRecord> {
  const { cluster, clock } = field;
  const before = await cluster.whole();
  const leader = defined(before.leader, 'a leader');
  const servers = before.servers.map((server) => server.id);
  const followers = servers.filter((server) => server !== leader);
  const follower = defined(followers[planned.follower % followers.length], 'a follower');
  const fromMs = clock.monotonic();
  const server = defined(servers[planned.server % servers.length], 'a server');
  const {
    harmed,
    sleeper,
    wake,
    broken = [],
    damages = [],
    outAfterMs,
    told,
  } = await withTroubles(cluster, servers, hurt(field, planned, { leader, follower, server, servers }));
  await cluster.disks.heal();
  const healedMs = clock.monotonic();
  const wakingReads = await heal(field, sleeper, () => {
    wake?.();
    return field.network.heal();
  });
  const after = await cluster.whole();
  const term = (status: typeof before): number => Math.max(...status.servers.map((server) => server.term));
  return {
    kind: planned.kind,
    leader,
    harmed,
    fromMs,
    healedMs,
    wholeMs: clock.monotonic(),
    termBefore: term(before),
    termAfter: term(after),
    wakingReads,
    broken,
    damages,
    outAfterMs,
    told,
  };
}

interface Roles {
  readonly leader: string;
  readonly follower: string;
  /** Any of them. */
  readonly server: string;
  readonly servers: readonly string[];
}

/**
 * A leader that slept, or was cut off, does not know it: its first answers are where a stale read would be. So reads wait
 * at it before it wakes, and more follow; the history's checker judges them. Answers how many.
 */
async function heal(
  { clock, readNewest }: Battlefield,
  sleeper: string | undefined,
  wake: () => Promise<void>,
): Promise<number> {
  if (sleeper === undefined) {
    await wake();
    return 0;
  }
  const waiting = Array.from({ length: READS_BEFORE_WAKING }, () => readNewest(sleeper));
  await Promise.all([wake(), ...waiting]);
  let reads = waiting.length;
  for (const until = clock.monotonic() + READS_AFTER_WAKING_MS; clock.monotonic() < until; reads += 1) {
    await readNewest(sleeper);
    await sleep(clock, READ_PAUSE_MS);
  }
  return reads;
}

/** Resolves when the fault has lasted; answers who was harmed. */
async function hurt(field: Battlefield, planned: PlannedFault, roles: Roles): Promise<Harm> {
  const { leader, follower, server, servers } = roles;
  switch (planned.kind) {
    case 'kill-leader':
      return kill(field, [leader]);
    case 'kill-follower':
      return kill(field, [follower]);
    case 'kill-two':
      // The third has no majority while both are away: its clients wait, too.
      await kill(field, [leader, follower]);
      return { harmed: servers };
    case 'kill-all':
      return kill(field, servers);
    case 'pause-leader':
      return pause(field, leader, planned.lastsMs);
    case 'pause-follower':
      return pause(field, follower, planned.lastsMs);
    case 'terminate-leader':
      return terminate(field, [leader]);
    case 'rolling-restart':
      return terminate(field, servers);
    case 'transfer-leader':
      return transfer(field, leader);
    case 'cut-leader':
      return {
        ...(await link(field, planned, [leader], (from, to) => (from === leader || to === leader ? CUT : undefined))),
        sleeper: leader,
      };
    case 'cut-follower':
      return link(field, planned, [follower], (from, to) => (from === follower || to === follower ? CUT : undefined));
    case 'mute-leader':
      return link(field, planned, [leader], (from) => (from === leader ? CUT : undefined));
    case 'deafen-leader':
      return link(field, planned, [leader], (_, to) => (to === leader ? CUT : undefined));
    case 'cut-pair': {
      const pair = [leader, follower];
      const inside = (from: string, to: string) => (pair.includes(from) && pair.includes(to) ? CUT : undefined);
      return link(field, planned, pair, inside);
    }
    case 'slow-links':
    case 'lossy-links':
      return link(field, planned, [], () => (planned.kind === 'slow-links' ? SLOW : LOSSY));
    case 'disk-full':
      return fillDisk(field, server, planned.lastsMs);
    case 'fsync-error':
      return failSyncs(field, server, planned.lastsMs);
    case 'fsync-hang-leader':
      return hangSyncs(field, leader, true);
    case 'fsync-hang-follower':
      return hangSyncs(field, follower, false);
    case 'slow-disk':
      return slowDisk(field, server, planned.lastsMs);
    case 'clock-step':
      return stepClock(field, server, planned);
    case 'power-loss':
      return losePower(field, [server], planned);
    case 'power-loss-all':
      return losePower(field, servers, planned);
    case 'member-churn':
      return churn(field, roles, planned);
    case 'wipe':
      return wipe(field, server, planned);
    case 'disk-fills':
      return diskFills(field, server, planned);
    case 'corrupt':
      return corrupt(field, [server], planned);
    case 'corrupt-two':
      return corrupt(field, servers.filter((other) => other !== server).slice(0, 2), planned);
  }
}

/** With kill -9; the supervisor starts them again. */
async function kill(field: Battlefield, servers: readonly string[]): Promise<Harm> {
  for (const server of servers) field.cluster.signal(server, 'SIGKILL');
  await sleep(field.clock, RESTART_NOTICED_MS);
  return { harmed: servers };
}

async function pause(field: Battlefield, server: string, lastsMs: number): Promise<Harm> {
  field.cluster.signal(server, 'SIGSTOP');
  const wake = (): void => void field.cluster.signal(server, 'SIGCONT');
  try {
    await sleep(field.clock, lastsMs);
  } catch (error) {
    wake();
    throw error;
  }
  return { harmed: [server], sleeper: server, wake };
}

/** With SIGTERM, one after the other, each when the one before is back. */
async function terminate(field: Battlefield, servers: readonly string[]): Promise<Harm> {
  for (const server of servers) {
    const pid = field.cluster.signal(server, 'SIGTERM');
    await field.cluster.replaced(server, pid);
    await field.cluster.whole();
  }
  return { harmed: servers };
}

/** As `quorate leader transfer` does. Nobody is harmed: even the old leader's clients may notice no more than a pause. */
async function transfer(field: Battlefield, leader: string): Promise<Harm> {
  const client = field.cluster.clientOf(leader);
  const answer = await client.send('POST', TRANSFER_PATH, {});
  client.close();
  if (answer.kind === 'answered' && answer.status < 300) return { harmed: [] };
  // It led no longer, or nobody took over in time: the gap tells of it, and what was answered is told.
  if (answer.kind === 'answered' && HAND_OVER_FAILURES.includes(answer.status))
    return { harmed: [], told: `${leader} did not hand over: ${answer.status} ${answer.body.slice(0, 200)}` };
  throw new UserError(`${leader} did not hand over: ${JSON.stringify(answer)}`, 'Read its log.');
}

async function link(
  field: Battlefield,
  planned: PlannedFault,
  harmed: readonly string[],
  conditionOf: (from: string, to: string) => LinkCondition | undefined,
): Promise<Harm> {
  const changed = field.network.pairs().map(([from, to]) => {
    const condition = conditionOf(from, to);
    return condition === undefined ? Promise.resolve() : field.network.set(from, to, condition);
  });
  await Promise.all(changed);
  await sleep(field.clock, planned.lastsMs);
  return { harmed };
}
