// Changes of the servers of a running cluster, as an operator makes them: a server is added, promoted, removed, or given
// the leadership. Each step is recorded where it survives (cluster.json, the replicated members), so that a command that is
// killed has left either nothing or something that `status` shows and the same command, given again, completes.
//
// A server is added so:    1. cluster.json has it: the supervisor starts it, with an empty log and waiting to be added.
//                          2. The leader adds it as a learner, which counts for nothing.
//                          3. It catches up; the leader makes it a voter by itself.
// A server is removed so:  1. cluster.json has it leaving: clients are sent elsewhere. Leadership is handed over, if it leads.
//                          2. The leader removes it: from now on nobody counts it or listens to it.
//                          3. cluster.json has it no more: the supervisor ends its process and moves its data aside.
import { existsSync } from 'node:fs';
import { type Clock, sleep, UserError } from '../src/lib/index.ts';
import { administrationOf, findLeader, type Led, type MemberView, requireLeader } from './admin.ts';
import { requireTopology, runningSupervisor } from './data-directory.ts';
import { vacantPorts, withLeaving, withNewServer, withoutServer, withStaying } from './growth.ts';
import type { Layout } from './layout.ts';
import { grant, type LeaderWish, type WishMeans } from './leader-wish.ts';
import {
  CATCH_UP_STALL_MS,
  LEAVING_NOTICE_MS,
  MEMBER_POLL_MS,
  SERVER_END_TIMEOUT_MS,
  SERVER_START_TIMEOUT_MS,
} from './limits.ts';
import { logTail } from './log-tail.ts';
import { type Arrival, arrival } from './member-progress.ts';
import { findFreePorts, isFree } from './ports.ts';
import { recordedProcess } from './process-identity.ts';
import { planRemoval, type RemovalWish } from './removal.ts';
import { LOOPBACK, type ServerMember } from './topology.ts';
import { changeTopology } from './topology-lock.ts';

/** The exit code of a change that was begun and goes on by itself. */
const UNFINISHED_EXIT_CODE = 5;

export interface MembershipOptions {
  readonly layout: Layout;
  readonly clock: Clock;
  /** What a person who waits wants to know: each line once. */
  readonly progress: (line: string) => void;
}

export interface MembershipCommands {
  /** Answers the new server's id when it votes (or has caught up, for a learner that shall stay one). Throws UserError. */
  add(learner: boolean): Promise<string>;
  /** Resolves when the learner votes. Throws UserError. */
  promote(id: string): Promise<void>;
  /** Resolves when the server is no member, its process has ended and its data lies aside. Throws UserError. */
  remove(wish: RemovalWish): Promise<void>;
  /** Answers who leads now. Throws UserError. */
  transfer(target: string | undefined): Promise<string>;
}

interface Context extends WishMeans {
  readonly layout: Layout;
  readonly progress: (line: string) => void;
}

export function membershipCommands({ layout, clock, progress }: MembershipOptions): MembershipCommands {
  let told = '';
  const context: Context = {
    layout,
    clock,
    administration: administrationOf(layout),
    topology: () => requireTopology(layout),
    progress(line) {
      if (line !== told) progress(line);
      told = line;
    },
  };
  return {
    add: (learner) => add(context, learner),
    promote: (id) => promote(context, id),
    remove: (wish) => remove(context, wish),
    transfer: (target) => transfer(context, target),
  };
}

// Adding

async function add(context: Context, learner: boolean): Promise<string> {
  requireSupervisor(context);
  await leaderOf(context);
  const server = await reserve(context);
  try {
    await started(context, server);
    const address = `${LOOPBACK}:${server.raftPort}`;
    const change = { kind: 'add', member: server.id, address, autoPromote: !learner };
    await grant({ path: 'members', body: { changes: [change] }, fulfilled: isMember(server.id) }, context);
  } catch (error) {
    await takeBack(context, server);
    throw error;
  }
  await arrived(context, server, learner ? 'learner' : 'voter');
  return server.id;
}

/** Gives the new server its id and its ports; the supervisor starts it. */
async function reserve({ layout, clock, progress }: Context): Promise<ServerMember> {
  const topology = await changeTopology(layout, clock, async (before) => {
    for (const ports of vacantPorts(before))
      if ((await isFree(ports.port)) && (await isFree(ports.raftPort))) return withNewServer(before, ports);
    const [port = 0, raftPort = 0] = await findFreePorts(2);
    return withNewServer(before, { port, raftPort });
  });
  const server = topology.servers.at(-1);
  if (server === undefined) throw new Error('a topology with a new server has servers');
  progress(`${server.id} starts`);
  return server;
}

async function started(context: Context, server: ServerMember): Promise<void> {
  const { layout, clock, administration } = context;
  const deadline = clock.monotonic() + SERVER_START_TIMEOUT_MS;
  while ((await administration.statusOf(server)) === undefined) {
    requireSupervisor(context);
    if (clock.monotonic() > deadline) {
      const log = layout.logFile(server.id);
      throw new UserError(
        `${server.id} did not start within ${SERVER_START_TIMEOUT_MS / 1000} s\n${logTail(log)}`,
        `Read ${log}. Nothing was added; the next server gets another id.`,
      );
    }
    await sleep(clock, MEMBER_POLL_MS);
  }
}

/** Forgets a server that was not added; one that may have been is left to be looked at. */
async function takeBack(
  { layout, clock, administration, topology, progress }: Context,
  server: ServerMember,
): Promise<void> {
  const led = await findLeader(administration, topology());
  if (led === undefined || isMember(server.id)(led)) {
    progress(`${server.id} may be a member already: see \`quorate member list\`, and remove it if it is not wanted`);
    return;
  }
  await changeTopology(layout, clock, (before) => withoutServer(before, server.id));
}

/** Waits until a member is what it shall be. Each sign of progress begins the patience anew. */
async function arrived(context: Context, server: ServerMember, goal: 'learner' | 'voter'): Promise<void> {
  const { clock, administration, topology, progress } = context;
  let last: Arrival | undefined;
  let deadline = clock.monotonic() + CATCH_UP_STALL_MS;
  for (;;) {
    const led = await findLeader(administration, topology());
    const now = arrival(server.id, goal, led);
    if (now.there) return;
    progress(now.line);
    if (now.line !== last?.line) deadline = clock.monotonic() + CATCH_UP_STALL_MS;
    last = now;
    if (clock.monotonic() > deadline) {
      throw new UserError(
        `${now.line}: nothing has changed for ${CATCH_UP_STALL_MS / 1000} s`,
        'It goes on by itself as soon as it can: see `quorate member list` and its log.',
        { exitCode: UNFINISHED_EXIT_CODE },
      );
    }
    await sleep(clock, MEMBER_POLL_MS);
  }
}

// Promoting, transferring

async function promote(context: Context, id: string): Promise<void> {
  const led = await leaderOf(context);
  const member = memberIn(led, id);
  if (member === undefined) throw notOne('learner', id, led);
  const body = { changes: [{ kind: 'promote', member: id }] };
  await grant({ path: 'members', body, fulfilled: (now) => memberIn(now, id)?.role === 'voter' }, context);
}

async function transfer(context: Context, target: string | undefined): Promise<string> {
  const led = await leaderOf(context);
  if (target !== undefined && memberIn(led, target)?.role !== 'voter') throw notOne('voter', target, led);
  const before = led.leader.id;
  const fulfilled = ({ leader }: Led): boolean => (target === undefined ? leader.id !== before : leader.id === target);
  const body = target === undefined ? {} : { target };
  await grant({ path: 'leader/transfer', body, fulfilled }, context);
  return (await leaderOf(context)).leader.id;
}

// Removing

async function remove(context: Context, wish: RemovalWish): Promise<void> {
  const { layout, clock, progress, topology } = context;
  const { id } = wish;
  requireSupervisor(context);
  const led = await leaderOf(context);
  const steps = planRemoval(wish, topology(), led.answer.membership, livingIn(led));
  for (const warning of steps.warnings) progress(`warning: ${warning}`);
  await changeTopology(layout, clock, (before) => withLeaving(before, id));
  try {
    if (steps.transfer) {
      progress(`${id} leads: leadership is handed over`);
      await transfer(context, undefined);
    }
    if (steps.change) {
      progress(`clients are sent to other servers`);
      await sleep(clock, LEAVING_NOTICE_MS);
      progress(`${id} is removed from the members`);
      await grant(removal(id), context);
    }
  } catch (error) {
    await stay(context, id);
    throw error;
  }
  await changeTopology(layout, clock, (before) => withoutServer(before, id));
  progress(`${id} is no member any more; its process ends`);
  await ended(context, id);
}

function removal(id: string): LeaderWish {
  return {
    path: 'members',
    body: { changes: [{ kind: 'remove', member: id }] },
    fulfilled: (led) => memberIn(led, id) === undefined && !led.answer.membership.changing,
  };
}

/** Sends clients to a server again that was not removed; one that may have been is left to the next attempt. */
async function stay({ layout, clock, administration, topology }: Context, id: string): Promise<void> {
  const led = await findLeader(administration, topology());
  if (led !== undefined && memberIn(led, id)?.role !== 'leaving' && isMember(id)(led))
    await changeTopology(layout, clock, (before) => withStaying(before, id));
}

async function ended(context: Context, id: string): Promise<void> {
  const { layout, clock } = context;
  const deadline = clock.monotonic() + SERVER_END_TIMEOUT_MS;
  while (recordedProcess(layout.processFile(id)) !== undefined || existsSync(layout.member(id))) {
    requireSupervisor(context);
    if (clock.monotonic() > deadline) {
      throw new UserError(
        `${id} is no member any more, but its process has not ended or its data could not be moved aside`,
        `Read ${layout.logFile('supervisor')}: the supervisor goes on trying.`,
        { exitCode: UNFINISHED_EXIT_CODE },
      );
    }
    await sleep(clock, MEMBER_POLL_MS);
  }
}

// What the leader says

function leaderOf({ administration, topology, clock }: Context): Promise<Led> {
  return requireLeader(administration, topology, clock);
}

function memberIn(led: Led, id: string): MemberView | undefined {
  return led.answer.membership.members.find((member) => member.id === id);
}

function isMember(id: string): (led: Led) => boolean {
  return (led) => memberIn(led, id) !== undefined;
}

/** Who answers and follows the leader, the leader included. */
function livingIn({ leader, answers }: Led): ReadonlySet<string> {
  return new Set([...answers].filter(([, answer]) => answer.leader === leader.id).map(([id]) => id));
}

function notOne(role: 'learner' | 'voter', id: string, led: Led): UserError {
  const others = led.answer.membership.members.filter((member) => member.role === role).map((member) => member.id);
  const choice = others.length === 0 ? `There is no ${role} at present.` : `Choose one of ${others.join(', ')}.`;
  return new UserError(`${id} is not a ${role}`, choice, { exitCode: 2 });
}

/** Processes are started and ended by the supervisor alone. */
function requireSupervisor({ layout }: Context): void {
  if (runningSupervisor(layout) !== undefined) return;
  throw new UserError(
    `nobody keeps the processes of the cluster in ${layout.root}, so no server can be started or ended`,
    'Run `quorate up` (or `quorate up --detach`): it adopts what runs and completes what was begun. Then try again.',
  );
}
