// Whether all servers hold the same state: they hash it at the same entries of the log, and tell of the newest few.
import { type Clock, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { CHECKPOINT_WAIT_MS, POLL_MS } from '../limits.ts';

/** What one server has hashed, oldest first. */
export interface Hashed {
  readonly server: string;
  readonly checkpoints: readonly { readonly index: number; readonly hash: string }[];
}

/**
 * Compares servers at the newest entry, not before `from`, that all of them have hashed. Undefined: there is none yet;
 * otherwise what is wrong, in words. Pure.
 */
export function compareStates(servers: readonly Hashed[], from: number): readonly string[] | undefined {
  const [first] = servers;
  const common = first?.checkpoints.findLast(
    ({ index }) =>
      index >= from && servers.every(({ checkpoints }) => checkpoints.some((checkpoint) => checkpoint.index === index)),
  );
  if (common === undefined) return undefined;
  const told = servers.map(({ server, checkpoints }) => ({
    server,
    hash: checkpoints.find(({ index }) => index === common.index)?.hash,
  }));
  if (new Set(told.map(({ hash }) => hash)).size === 1) return [];
  return [`states differ at entry ${common.index}: ${told.map(({ server, hash }) => `${server} ${hash}`).join(', ')}`];
}

/** Waits for an entry at which all have hashed everything that is committed now; answers what is wrong. */
export async function stateTroubles(cluster: ClusterUnderTest, clock: Clock): Promise<readonly string[]> {
  const { servers } = await cluster.whole();
  const from = Math.max(...servers.map(({ commitIndex }) => commitIndex));
  const clients = servers.map(({ id }) => ({ id, client: cluster.clientOf(id) }));
  try {
    for (const deadline = clock.monotonic() + CHECKPOINT_WAIT_MS; clock.monotonic() < deadline; ) {
      const hashed = await Promise.all(
        clients.map(async ({ id, client }): Promise<Hashed> => {
          const answer = await client.send('GET', '/quorate/v1/status');
          if (answer.kind !== 'answered' || answer.status !== 200) return { server: id, checkpoints: [] };
          return { server: id, checkpoints: (JSON.parse(answer.body) as Pick<Hashed, 'checkpoints'>).checkpoints };
        }),
      );
      const troubles = compareStates(hashed, from);
      if (troubles !== undefined) return troubles;
      await sleep(clock, POLL_MS);
    }
    return [`no entry after ${from} was hashed by all servers within ${CHECKPOINT_WAIT_MS / 1000} s`];
  } finally {
    for (const { client } of clients) client.close();
  }
}
