// `quorate member …` and `quorate leader transfer`: what they print. What they do is in cluster/membership.ts.
import { resolve } from 'node:path';
import {
  BALANCER,
  type ClusterStatus,
  checkWhole,
  clusterStatus,
  layoutOf,
  type MembershipCommands,
  membershipCommands,
  requireTopology,
  SERVERS_MAX,
} from '../../cluster/index.ts';
import { systemClock } from '../lib/index.ts';
import { coloursFor, table } from './output.ts';
import { serverState } from './server-state.ts';

/** The exit code when no leader could be asked. */
const NO_LEADER_EXIT_CODE = 3;

/** Prints the members; answers the exit code. */
export async function memberList(dataDir: string, output: 'text' | 'json'): Promise<number> {
  const layout = layoutOf(resolve(dataDir));
  const status = await clusterStatus(layout, requireTopology(layout), BALANCER);
  process.stdout.write(output === 'json' ? `${JSON.stringify(listing(status), null, 2)}\n` : listText(status));
  return status.leader === null ? NO_LEADER_EXIT_CODE : 0;
}

/** What scripts read. */
function listing({ leader, servers, removed }: ClusterStatus): object {
  return {
    leader,
    members: servers.map((server) => ({
      id: server.id,
      url: server.url,
      place: server.place,
      leader: server.id === leader,
      answers: server.role !== 'down',
      ready: server.ready,
      reason: server.reason,
      repairing: server.repairing,
      lagEntries: server.lagEntries,
      lastHeardMs: server.lastHeardMs,
      pid: server.pid,
    })),
    removed,
  };
}

function listText(status: ClusterStatus): string {
  const { bold } = coloursFor(process.stdout);
  const rows = status.servers.map((server) => [
    server.id,
    server.place,
    serverState(server),
    server.url,
    numberText(server.lagEntries),
    numberText(server.lastHeardMs),
    String(server.pid ?? '-'),
    server.reason ?? '',
  ]);
  const lines = [table([['ID', 'PLACE', 'STATE', 'URL', 'LAG', 'HEARD MS AGO', 'PID', ''], ...rows])];
  if (status.removed.length > 0) lines.push('', `${bold('removed')}  ${status.removed.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

function numberText(value: number | null): string {
  return value === null ? '-' : String(Math.round(value));
}

export async function memberAdd(dataDir: string, count: number, learner: boolean): Promise<void> {
  checkWhole('--count', count, 1, SERVERS_MAX - 1);
  const commands = commandsFor(dataDir);
  for (let i = 0; i < count; i += 1) {
    const id = await commands.add(learner);
    say(
      learner ? `${id} is a learner and has caught up; \`quorate member promote ${id}\` lets it vote` : `${id} votes`,
    );
  }
}

export async function memberPromote(dataDir: string, id: string): Promise<void> {
  await commandsFor(dataDir).promote(id);
  say(`${id} votes`);
}

export async function memberRemove(dataDir: string, id: string, force: boolean): Promise<void> {
  const layout = layoutOf(resolve(dataDir));
  await commandsFor(dataDir).remove({ id, force });
  say(`${id} is removed; what it had lies in ${layout.removed}`);
}

export async function leaderTransfer(dataDir: string, target: string | undefined): Promise<void> {
  say(`${await commandsFor(dataDir).transfer(target)} leads`);
}

function commandsFor(dataDir: string): MembershipCommands {
  const layout = layoutOf(resolve(dataDir));
  requireTopology(layout);
  const { dim } = coloursFor(process.stderr);
  return membershipCommands({
    layout,
    clock: systemClock(),
    progress: (line) => void process.stderr.write(`${dim(`… ${line}`)}\n`),
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
