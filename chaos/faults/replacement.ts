// A server that cannot go on is replaced as an operator does it: removed, and another one added, or the other way round.
import { readFileSync, statSync } from 'node:fs';
import type { ClusterUnderTest } from '../cluster-under-test.ts';

/** What a server says that will not start with what it finds, or that its peers do not let in. */
const ASKS = /damaged|is gone|cannot be opened|cannot be read/;
/** A peer that is not let in is told of in the logs of both: the one that is to be replaced says "this member". */
const NAMES_THE_REMEDY = /replace (?:the|this) member|(?:let|refuses) this member.*made a new one/i;

/** Where a server's log ends now. */
export function logEnd(cluster: ClusterUnderTest, server: string): number {
  return statSync(cluster.running.layout.logFile(server)).size;
}

/** True when it has said in its own log, since that end, that it is to be replaced. */
export function asksToBeReplaced(cluster: ClusterUnderTest, server: string, since: number): boolean {
  const own = readFileSync(cluster.running.layout.logFile(server)).subarray(since).toString('utf8');
  return own.split('\n').some(asks);
}

/**
 * Whether a line of a server's log asks for help: its last words (plain text), or the remedy by name. What a server says of
 * damage while it goes on (lines in JSON) it repairs by itself: taking that for a request, and giving such a server an
 * older folder back, would take back what it has acknowledged since.
 */
export function asks(line: string): boolean {
  return NAMES_THE_REMEDY.test(line) || (line.startsWith('error: ') && ASKS.test(line));
}

/** Answers the new server's id. */
export async function replace(cluster: ClusterUnderTest, server: string, order: 'add first' | 'remove first') {
  if (order === 'remove first') await remove(cluster, server);
  const added = await cluster.members.add(false);
  if (order === 'add first') await remove(cluster, server);
  return added;
}

/** It is no member, its process has ended, and its disk is taken away. */
export async function remove(cluster: Pick<ClusterUnderTest, 'members' | 'disks'>, server: string): Promise<void> {
  await cluster.members.remove({ id: server, force: false });
  await cluster.disks.discard(server);
}
